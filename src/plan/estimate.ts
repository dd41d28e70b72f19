import { lengthened } from '../power/least-window.ts';
import { closedLoopMeans } from '../roofline/closed-form.ts';
import type { CellShape } from '../run/schema.ts';
import type { Protocol, StopRule } from '../suite/schema.ts';
import type { Trace } from '../suite/trace.ts';
import { type TargetFacts, type TargetModel, targetModel } from './facts.ts';
import { requestsForLittlesLaw } from './window.ts';

/** Where an estimate came from; the default is stated wherever it is printed. */
export type EstimateSource = 'model' | 'default';

/** Without a model card: a request of 20 ms a token after a first token at 0.5 s. */
const DEFAULT_TTFT_S = 0.5;
const DEFAULT_TPOT_S = 0.02;
/** Spread of a cell's TTFT, which is what keeps a window open: with others' prefills in the way, and where requests queue for KV. */
const TTFT_SPREAD = 0.17;
const QUEUED_TTFT_SPREAD = 1;
/** Alone only the server's own part varies, the request overhead, by so much of itself; the steps hardly do. */
const OVERHEAD_SPREAD = 0.2;
const STEP_SPREAD = 0.03;
/** Spread of what a cell tells: its TTFT and its TPOT, which varies little, together. */
const VARIATION = 0.15;
const VARIATION_ALONE = 0.03;
/** Waiting for an idle server, scrapes, first compilation. */
const BETWEEN_CELLS_S = 0.5;
/** Time after which a cell with too many requests is found to be overloaded, and ended. */
const OVERLOAD_SEEN_S = 10;
/** No engine has more seats. */
const MOST_STREAMS = 4096;

/** What is expected of a cell: seconds that a request stays in the engine, finished requests a second, requests in flight. */
interface Service {
  readonly residence_s: number;
  readonly requests_per_s: number;
  readonly concurrency: number;
  readonly ttft_s: number;
  /** Requests are to come faster than it serves them. */
  readonly overloaded: boolean;
}

export function expectedService(model: TargetModel | null, cell: CellShape): Service {
  if (cell.concurrency !== null) return closedService(model, cell, cell.concurrency);
  return openService(model, cell, cell.arrivals!.rate_per_s);
}

function closedService(model: TargetModel | null, cell: CellShape, concurrency: number): Service {
  if (model === null) {
    const residence_s = DEFAULT_TTFT_S + cell.output_tokens * DEFAULT_TPOT_S;
    return {
      residence_s,
      requests_per_s: concurrency / residence_s,
      concurrency,
      ttft_s: DEFAULT_TTFT_S,
      overloaded: false,
    };
  }
  const means = closedLoopMeans(model.card, model.centre, model.engine, {
    inputTokens: cell.input_tokens,
    cachedInputTokens: cell.cached_input_tokens,
    outputTokens: cell.output_tokens,
    concurrency,
    turnAroundSeconds: null,
  });
  return {
    residence_s: means.e2eSeconds,
    requests_per_s: means.outputTokensPerSecond / cell.output_tokens,
    concurrency,
    ttft_s: means.ttftSeconds,
    overloaded: false,
  };
}

/** The fewest streams of a closed loop that finish as many requests a second; a rate past all of them is an overload. */
function openService(model: TargetModel | null, cell: CellShape, rate: number): Service {
  const alone = closedService(model, cell, 1);
  let service = alone;
  for (let streams = 2; service.requests_per_s < rate && streams <= MOST_STREAMS; streams *= 2) {
    service = closedService(model, cell, streams);
  }
  if (service.requests_per_s < rate) return { ...alone, overloaded: true };
  return { ...service, requests_per_s: rate };
}

/** What a cell costs, and how well it measures. */
export interface CellCost {
  readonly seconds: number;
  /** Expected relative standard error of its mean latencies. */
  readonly measured_error: number;
}

/** A client's stamps, and what a mean over few steps of one size hides. */
const LEAST_ERROR = 0.002;

/**
 * Seconds that a cell takes: probe, release and warm-up (about two residences), window by the stop rule, drain.
 * How much its requests' TTFT spreads decides when the interval is met.
 */
export function cellCost(
  model: TargetModel | null,
  cell: CellShape,
  protocol: Pick<Protocol, 'warm_up_max_s' | 'warm_up_min_s' | 'release_min_s'>,
  stop: StopRule,
): CellCost {
  const service = expectedService(model, cell);
  const { residence_s, requests_per_s, concurrency } = service;
  if (service.overloaded)
    return { seconds: residence_s + OVERLOAD_SEEN_S + BETWEEN_CELLS_S, measured_error: 1 };
  const alone = cell.concurrency === 1;
  const samples = Math.min(
    stop.max_requests,
    Math.max(
      stop.min_requests,
      requestsForLittlesLaw(concurrency),
      (1.96 * spreadOf(model, cell, service)) ** 2 / stop.confidence_half_width ** 2,
    ),
  );
  const least = Math.max(stop.min_s, stop.window_min_s ?? 0, residence_s);
  const window = Math.min(stop.max_s, Math.max(least, samples / requests_per_s));
  const release = Math.max(residence_s, protocol.release_min_s ?? 0);
  const settled = Math.max(protocol.warm_up_min_s ?? 0, release + (alone ? 2 : 1) * residence_s);
  const warmUp = Math.min(protocol.warm_up_max_s, settled);
  const seen = Math.min(stop.max_requests, Math.max(1, window * requests_per_s));
  return {
    seconds: residence_s + warmUp + window + residence_s + BETWEEN_CELLS_S,
    measured_error: Math.max(LEAST_ERROR, (alone ? VARIATION_ALONE : VARIATION) / Math.sqrt(seen)),
  };
}

/** Standard deviation over mean of a cell's TTFT; a window of batches is kept open by their steps alone. */
function spreadOf(model: TargetModel | null, cell: CellShape, { ttft_s }: Service): number {
  if (cell.kind === 'decode') return STEP_SPREAD;
  if (cell.kv_fill !== null && cell.kv_fill >= 1) return QUEUED_TTFT_SPREAD;
  if (cell.concurrency !== 1) return TTFT_SPREAD;
  const overhead = model === null ? 0 : model.centre.request_overhead_s / ttft_s;
  return Math.hypot(STEP_SPREAD, OVERHEAD_SPREAD * Math.min(1, overhead));
}

/** Seconds that a cell takes, see `cellCost`. */
export const cellSeconds = (...cell: Parameters<typeof cellCost>): number => cellCost(...cell).seconds;

/** Seconds of a cell that replays a trace: no stop rule ends it. */
function replaySeconds(model: TargetModel | null, cell: CellShape, { at_s }: Trace, speed: number): number {
  const arriving = (at_s.at(-1)! - at_s[0]!) / speed;
  return arriving + expectedService(model, cell).residence_s + BETWEEN_CELLS_S;
}

/**
 * Seconds of each cell on a target, its power source allowed for, and whether its model card could be used.
 * @param traces those that cells replay, by digest
 */
export function estimateCells(
  facts: TargetFacts,
  cells: readonly CellShape[],
  timing: { readonly protocol: Protocol; readonly stop: StopRule },
  traces: ReadonlyMap<string, Trace> = new Map(),
): { seconds: number[]; source: EstimateSource } {
  const model = targetModel(facts);
  return {
    seconds: cells.map((cell) => {
      const replayed = cell.arrivals?.trace ?? null;
      const trace = replayed === null ? undefined : traces.get(replayed.digest);
      if (trace !== undefined) return replaySeconds(model, cell, trace, replayed!.speed);
      const { protocol, stop } = lengthened(timing, facts.power ?? null);
      return cellSeconds(model, cell, protocol, stop);
    }),
    source: model === null ? 'default' : 'model',
  };
}
