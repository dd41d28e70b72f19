import type { CellShape } from '../run/schema.ts';

/** A cell whose load is a number of streams. */
export type ClosedLoopCell = CellShape & { readonly concurrency: number };

type Shape = Pick<ClosedLoopCell, 'input_tokens' | 'output_tokens' | 'concurrency'>;
type Rest = Pick<CellShape, 'kind' | 'cached_input_tokens' | 'kv_fill' | 'repeat' | 'anchor' | 'hold_out'>;

/** A cell of so many streams that is fitted, measured once, and of kind `load`, unless `rest` says otherwise. */
export const closedLoopCell = (
  { input_tokens, output_tokens, concurrency }: Shape,
  rest: Partial<Rest> = {},
): ClosedLoopCell => ({
  kind: 'load',
  input_tokens,
  output_tokens,
  concurrency,
  arrivals: null,
  kv_fill: null,
  repeat: 0,
  anchor: null,
  hold_out: false,
  ...rest,
});

/** Whether a cell's load is a number of streams that send mixed requests: what designs of experiments choose from. */
export const isClosedLoop = (cell: CellShape): cell is ClosedLoopCell =>
  cell.kind === 'load' && cell.concurrency !== null;

/** What tells two cells of one target apart, repeats and anchors aside. */
export const sameLoad = (a: CellShape, b: CellShape): boolean =>
  a.kind === b.kind &&
  a.input_tokens === b.input_tokens &&
  a.cached_input_tokens === b.cached_input_tokens &&
  a.output_tokens === b.output_tokens &&
  a.concurrency === b.concurrency &&
  a.kv_fill === b.kv_fill &&
  JSON.stringify(a.arrivals) === JSON.stringify(b.arrivals);
