import { RidgeError } from '../errors.ts';
import { refuseOddKind } from './kind-rules.ts';
import type { CellKind, GridBlock, Suite } from './schema.ts';
import type { YamlSource } from './yaml-source.ts';

/** How hard a cell drives its target: streams, or the share of the KV cache that they fill. */
export type CellLoad =
  | { readonly kind: 'concurrency'; readonly concurrency: number }
  | { readonly kind: 'kv_fill'; readonly fill: number };

/** One point of the grid, before it is known on which target. */
export interface GridPoint {
  readonly kind: CellKind;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly load: CellLoad;
  readonly repeats: number;
  readonly anchor: boolean;
  readonly hold_out: boolean;
  /** Sizes that it is measured on; null: on all. */
  readonly tensor_parallel: readonly number[] | null;
}

const loadsOf = (load: GridBlock['load']): CellLoad[] =>
  'concurrency' in load
    ? load.concurrency.map((concurrency) => ({ kind: 'concurrency', concurrency }))
    : load.kv_fill.map((fill) => ({ kind: 'kv_fill', fill }));

const pointsOf = (block: GridBlock, repeats: number): GridPoint[] =>
  block.input.flatMap((input_tokens) =>
    block.output.flatMap((output_tokens) =>
      loadsOf(block.load).map((load) => ({
        kind: block.kind ?? 'load',
        input_tokens,
        output_tokens,
        load,
        repeats: block.repeats ?? repeats,
        anchor: block.anchor,
        hold_out: block.hold_out,
        tensor_parallel: block.tensor_parallel ?? null,
      })),
    ),
  );

const identity = ({ kind, input_tokens, output_tokens, load }: GridPoint): string =>
  `${kind} ${input_tokens}/${output_tokens}/${load.kind === 'concurrency' ? load.concurrency : `kv ${load.fill}`}`;

/** Whether some target would measure both. */
const sameTarget = (a: GridPoint, b: GridPoint): boolean =>
  a.tensor_parallel === null ||
  b.tensor_parallel === null ||
  a.tensor_parallel.some((size) => b.tensor_parallel!.includes(size));

/**
 * Every point of a suite's grid, in the order of the file.
 * @param source gives error positions where the suite came from a file
 * @throws RidgeError (exit 2) when a point stands twice (repeats say that on purpose), or a block is not what its kind measures
 */
export function expandGrid(suite: Suite, source: YamlSource | null = null): GridPoint[] {
  const seen = new Map<string, { point: GridPoint; block: number }[]>();
  return suite.grid.flatMap((block, index) => {
    refuseOddKind(block, index, source);
    const points = pointsOf(block, suite.repeats);
    for (const point of points) {
      const alike = seen.get(identity(point)) ?? [];
      const before = alike.find((one) => sameTarget(one.point, point));
      if (before) throw duplicate(point, before.block, index, source);
      seen.set(identity(point), [...alike, { point, block: index }]);
    }
    return points;
  });
}

function duplicate(point: GridPoint, before: number, index: number, source: YamlSource | null): RidgeError {
  const load =
    point.load.kind === 'concurrency'
      ? `concurrency ${point.load.concurrency}`
      : `kv_fill ${point.load.fill}`;
  const earlier = before === index ? 'earlier in this block' : `in grid[${before}]`;
  return new RidgeError(
    `input ${point.input_tokens}, output ${point.output_tokens}, ${load} stands already ${earlier}`,
    {
      ...(source ? { where: source.where(['grid', index]) } : {}),
      mend: 'Remove one of them, or set repeats to measure a cell more than once.',
    },
  );
}
