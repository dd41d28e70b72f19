import { RidgeError } from '../errors.ts';
import { refuseOddKind } from './kind-rules.ts';
import type { ARRIVAL_PROCESSES, CellKind, GridBlock, Suite, TraceBlock } from './schema.ts';
import { isTraceBlock, type Trace } from './trace.ts';
import type { YamlSource } from './yaml-source.ts';

/** How hard a cell drives its target: streams, the share of the KV cache that they fill, or arrivals. */
export type CellLoad =
  | { readonly kind: 'concurrency'; readonly concurrency: number }
  | { readonly kind: 'kv_fill'; readonly fill: number }
  /** An open loop. */
  | {
      readonly kind: 'rate';
      readonly rate_per_s: number;
      readonly arrivals: (typeof ARRIVAL_PROCESSES)[number];
      readonly burstiness: number | null;
    }
  | { readonly kind: 'trace'; readonly trace: Trace; readonly speed: number };

/** One point of the grid, before it is known on which target. */
export interface GridPoint {
  readonly kind: CellKind;
  readonly input_tokens: number;
  /** Of them, in the prefix cache; null: none. */
  readonly cached_input_tokens: number | null;
  readonly output_tokens: number;
  readonly load: CellLoad;
  readonly repeats: number;
  readonly anchor: boolean;
  readonly hold_out: boolean;
  /** Sizes that it is measured on; null: on all. */
  readonly tensor_parallel: readonly number[] | null;
}

function loadsOf(load: GridBlock['load']): CellLoad[] {
  if ('concurrency' in load)
    return load.concurrency.map((concurrency) => ({ kind: 'concurrency', concurrency }));
  if ('kv_fill' in load) return load.kv_fill.map((fill) => ({ kind: 'kv_fill', fill }));
  const { rate_per_s, arrivals, burstiness = null } = load;
  return rate_per_s.map((rate) => ({ kind: 'rate', rate_per_s: rate, arrivals, burstiness }));
}

const pointsOf = (block: GridBlock, repeats: number): GridPoint[] =>
  block.input.flatMap((input_tokens) =>
    (block.cached_input ?? [null]).flatMap((cached_input_tokens) =>
      block.output.flatMap((output_tokens) =>
        loadsOf(block.load).map((load) => ({
          kind: block.kind ?? 'load',
          input_tokens,
          cached_input_tokens,
          output_tokens,
          load,
          repeats: block.repeats ?? repeats,
          anchor: block.anchor,
          hold_out: block.hold_out,
          tensor_parallel: block.tensor_parallel ?? null,
        })),
      ),
    ),
  );

/** A trace's own lengths are its requests'; its point has their means. */
const tracePointsOf = (block: TraceBlock, trace: Trace, repeats: number): GridPoint[] =>
  block.load.speed.map((speed) => ({
    kind: 'load',
    input_tokens: meanTokens(trace.input_tokens),
    cached_input_tokens: null,
    output_tokens: meanTokens(trace.output_tokens),
    load: { kind: 'trace', trace, speed },
    repeats: block.repeats ?? repeats,
    anchor: false,
    hold_out: block.hold_out,
    tensor_parallel: block.tensor_parallel ?? null,
  }));

const meanTokens = (tokens: readonly number[]): number =>
  Math.max(1, Math.round(tokens.reduce((sum, value) => sum + value, 0) / tokens.length));

/** The traces that points replay, by digest. */
export const tracesOf = (points: readonly GridPoint[]): Map<string, Trace> =>
  new Map(points.flatMap(({ load }) => (load.kind === 'trace' ? [[load.trace.digest, load.trace]] : [])));

/** A load in a few words: `concurrency 4`, `5 requests/s, poisson`. */
export function loadName(load: CellLoad): string {
  switch (load.kind) {
    case 'concurrency':
      return `concurrency ${load.concurrency}`;
    case 'kv_fill':
      return `kv_fill ${load.fill}`;
    case 'rate':
      return `${load.rate_per_s} requests/s, ${load.arrivals}${load.burstiness === null ? '' : ` ${load.burstiness}`}`;
    case 'trace':
      return `trace ${load.trace.file} at speed ${load.speed}`;
  }
}

const identity = ({ kind, input_tokens, cached_input_tokens, output_tokens, load }: GridPoint): string =>
  `${kind} ${cached_input_tokens ?? 0} ${input_tokens}/${output_tokens}/${load.kind === 'trace' ? `${load.trace.digest} ${load.speed}` : loadName(load)}`;

/** Whether some target would measure both. */
const sameTarget = (a: GridPoint, b: GridPoint): boolean =>
  a.tensor_parallel === null ||
  b.tensor_parallel === null ||
  a.tensor_parallel.some((size) => b.tensor_parallel!.includes(size));

/**
 * Every point of a suite's grid, in the order of the file.
 * @param source gives error positions where the suite came from a file
 * @param traces by block, see `readTraces`; blocks whose trace was not read have no points
 * @throws RidgeError (exit 2) when a point stands twice (repeats say that on purpose), or a block is not what its kind measures
 */
export function expandGrid(
  suite: Suite,
  source: YamlSource | null = null,
  traces: readonly (Trace | null)[] = [],
): GridPoint[] {
  const seen = new Map<string, { point: GridPoint; block: number }[]>();
  const blockPoints = (block: Suite['grid'][number], index: number): GridPoint[] => {
    if (!isTraceBlock(block)) {
      refuseOddKind(block, index, source);
      return pointsOf(block, suite.repeats);
    }
    const trace = traces[index] ?? null;
    return trace === null ? [] : tracePointsOf(block, trace, suite.repeats);
  };
  return suite.grid.flatMap((block, index) => {
    const points = blockPoints(block, index);
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
  const earlier = before === index ? 'earlier in this block' : `in grid[${before}]`;
  return new RidgeError(
    `input ${point.input_tokens}, output ${point.output_tokens}, ${loadName(point.load)} stands already ${earlier}`,
    {
      ...(source ? { where: source.where(['grid', index]) } : {}),
      mend: 'Remove one of them, or set repeats to measure a cell more than once.',
    },
  );
}
