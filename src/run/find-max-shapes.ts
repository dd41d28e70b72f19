import type { SearchRules } from '../load/find-max.ts';
import { resolvePoints } from '../plan/cells.ts';
import { expectedService } from '../plan/estimate.ts';
import { type TargetFacts, targetModel } from '../plan/facts.ts';
import { SAMPLE_FLOORS } from '../stats/sample-floor.ts';
import type { LoadedSuite } from '../suite/load-suite.ts';
import type { Objectives, Suite } from '../suite/schema.ts';
import { type FindMaxOptions, SEARCHED_KINDS, type SearchedKind } from './find-max-schema.ts';
import type { Arrivals, CellShape } from './schema.ts';

type Axis = FindMaxOptions['axis'];

/** Lengths whose highest load is searched, and how its requests arrive where they do so at a rate. */
export interface SearchShape {
  readonly kind: SearchedKind;
  /** Of cached cells: tokens of every prompt that are in the prefix cache; null: none. */
  readonly cached_input_tokens: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly arrivals: Pick<Arrivals, 'process' | 'burstiness'>;
  /** The lowest load of this axis that the suite names for it. */
  readonly start: number | null;
}

const POISSON = { process: 'poisson', burstiness: null } as const;

/** The shapes of a suite's grid that a target takes, each once; its loads only say where to start. */
export function searchShapes({ suite, points }: LoadedSuite, facts: TargetFacts, axis: Axis): SearchShape[] {
  const shapes = new Map<string, SearchShape>();
  const resolved = resolvePoints(points, facts, suite.protocol).points;
  for (const { point, concurrency, arrivals } of resolved) {
    const kind = SEARCHED_KINDS.find((one) => one === point.kind);
    if (kind === undefined || point.load.kind === 'trace') continue;
    const { input_tokens, cached_input_tokens, output_tokens } = point;
    const key = `${kind} ${cached_input_tokens} ${input_tokens}/${output_tokens}`;
    const before = shapes.get(key);
    const load = axis === 'rate' ? (arrivals?.rate_per_s ?? null) : concurrency;
    const starts = [before?.start ?? null, load].filter((value) => value !== null);
    shapes.set(key, {
      kind,
      cached_input_tokens,
      input_tokens,
      output_tokens,
      arrivals: arrivals ?? before?.arrivals ?? POISSON,
      start: starts.length === 0 ? null : Math.min(...starts),
    });
  }
  return [...shapes.values()];
}

const MOST_RATE = 20_000;
const MOST_STREAMS = 8192;
/** Fewer requests a second are asked one at a time: a closed loop's question. */
const LEAST_RATE = 0.01;
/** The window must hold the requests that its percentiles need with some to spare: arrivals are random. */
const SPARE = 1.2;

/** Requests that the objectives' percentiles need; 0 where they are means, or of gaps, which every request has many of. */
export const requestsNeeded = (objectives: Objectives): number =>
  Math.max(
    0,
    ...Object.keys(objectives).map((key) => {
      if (key.startsWith('tbt_')) return 0;
      const q = Number(/_p(\d+)_ms$/.exec(key)?.[1]) / 100;
      return SAMPLE_FLOORS.find((floor) => floor.q === q)?.samples ?? 0;
    }),
  );

/** The lowest rate at which a cell's longest window holds what the objectives need, 1/s. */
export const leastRate = ({ stop, objectives }: Pick<Suite, 'stop' | 'objectives'>): number =>
  Math.max(LEAST_RATE, (SPARE * requestsNeeded(objectives ?? {})) / stop.max_s);

export function rulesFor(
  shape: SearchShape,
  facts: TargetFacts,
  suite: Suite,
  { axis, tolerance }: FindMaxOptions,
): SearchRules {
  if (axis === 'concurrency') {
    return { axis, tolerance, start: shape.start ?? 1, least: 1, most: MOST_STREAMS };
  }
  // As many as one stream alone would send.
  const alone = expectedService(targetModel(facts), cellAt(shape, 'concurrency', 1, 0)).requests_per_s;
  const least = Number(leastRate(suite).toPrecision(4));
  return { axis, tolerance, start: shape.start ?? alone, least, most: MOST_RATE };
}

/** The cell of a shape at a load. */
export const cellAt = (shape: SearchShape, axis: Axis, load: number, repeat: number): CellShape => ({
  kind: shape.kind,
  input_tokens: shape.input_tokens,
  ...(shape.cached_input_tokens !== null && { cached_input_tokens: shape.cached_input_tokens }),
  output_tokens: shape.output_tokens,
  concurrency: axis === 'concurrency' ? load : null,
  arrivals: axis === 'rate' ? { ...shape.arrivals, rate_per_s: load, trace: null } : null,
  kv_fill: null,
  repeat,
  anchor: null,
  hold_out: false,
});

export const loadOf = (cell: CellShape, axis: Axis): number =>
  axis === 'concurrency' ? cell.concurrency! : cell.arrivals!.rate_per_s;

/** Whether a cell belongs to the search of a shape. */
export const sameSearch = (cell: CellShape, shape: SearchShape, axis: Axis): boolean =>
  cell.kind === shape.kind &&
  (cell.cached_input_tokens ?? null) === shape.cached_input_tokens &&
  cell.kv_fill === null &&
  cell.input_tokens === shape.input_tokens &&
  cell.output_tokens === shape.output_tokens &&
  (axis === 'concurrency'
    ? cell.concurrency !== null
    : cell.arrivals?.process === shape.arrivals.process &&
      cell.arrivals.burstiness === shape.arrivals.burstiness);
