import type { Driving } from '../roofline/driving.ts';
import type { EngineSettings } from '../roofline/serving.ts';
import type { Speculation } from '../roofline/speculation.ts';
import type { CellRecord, Statistic } from '../run/schema.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import type { LatencyMetric, Measured, MeasuredPower, MeasuredRate, Observation } from './observations.ts';
import { observedTails } from './tails/observed-tails.ts';

/** Readings of power repeat within so much at best: sensors are quantised and averaged. */
export const LEAST_POWER_ERROR = 0.01;

/** Mean power of one device; null where the energy is rejected or the sensor sees more than the devices. */
function measuredPower({ energy }: CellRecord): MeasuredPower | null {
  if (!energy || energy.power_w === null || energy.devices.length === 0) return null;
  if (energy.source.scope === 'node' || energy.source.scope === 'package') return null;
  const devices = energy.devices.length;
  const disagreement = Math.abs(energy.counter_disagreement_percent ?? 0) / 100;
  return {
    power_w: energy.power_w / devices,
    relative_error: Math.max(LEAST_POWER_ERROR, disagreement / 2),
    idle_power_w: energy.idle_power_w === null ? null : energy.idle_power_w / devices,
  };
}

/** Relative standard error of one sample. */
const SINGLE_SAMPLE_ERROR = 0.05;
/** Repeats of the same cell by others lie so far apart in the median (their noise floor), where a file gives a mean alone. */
const UNSTATED_ERROR: Readonly<Record<LatencyMetric, number>> = { ttft: 0.03, tpot: 0.01 };
/** Below so many tokens after the first, stamps are too large a share of TPOT. */
export const FEWEST_TPOT_TOKENS = 8;

/**
 * Mean (or median) and standard error from a stored statistic. Its half-width already allows for dependence between requests;
 * a file that gives none is taken at its metric's noise floor.
 */
function measured(statistic: Statistic | null, metric: LatencyMetric, driving: Driving): Measured | null {
  if (!statistic) return null;
  const median = driving.kind === 'burst' && driving.statistic === 'median';
  const value = median ? statistic.percentiles.find(({ q }) => q === 0.5)?.value : statistic.mean;
  if (value === undefined || !(value > 0)) return null;
  return { seconds: value / 1e3, relative_error: errorOf(statistic, metric) };
}

function errorOf({ n, mean: middle, half_width_95 }: Statistic, metric: LatencyMetric): number {
  if (half_width_95 !== null) return half_width_95 / studentTQuantile(0.975, Math.max(1, n - 1)) / middle;
  return n > 1 ? UNSTATED_ERROR[metric] : SINGLE_SAMPLE_ERROR;
}

/** A cell of a run that drifted lies anywhere between what its anchors were at the start and at the end: evenly, so far as one knows. */
function driftError({ reasons }: CellRecord): number {
  const drift = reasons.find(({ code }) => code === 'drift')?.value ?? 0;
  return Math.abs(drift) / Math.sqrt(12);
}

const widened = (one: Measured | null, error: number): Measured | null =>
  one && { ...one, relative_error: Math.hypot(one.relative_error, error) };

/** Throughput repeats within a few tenths of a percent at best. */
export const LEAST_RATE_ERROR = 0.005;
/**
 * The window's two ends cut the requests in flight at points spread evenly over their length: each end leaves an error of
 * sqrt(C/12) requests, both sqrt(C/6), out of n.
 */
const CUT_REQUESTS = 1 / Math.sqrt(6);

/** Throughput of a window that measured `requests` requests on `concurrency` streams. */
function measuredRate(
  tokensPerSecond: number | null,
  concurrency: number,
  requests: number,
): MeasuredRate | null {
  if (tokensPerSecond === null || !(tokensPerSecond > 0) || requests === 0) return null;
  const cut = (CUT_REQUESTS * Math.sqrt(concurrency)) / requests;
  return { tokens_per_s: tokensPerSecond, relative_error: Math.max(LEAST_RATE_ERROR, cut) };
}

/** Requests in flight of an open loop on average: what the closed form takes for its streams. Null: it replays a trace. */
function openConcurrency({ cell: { arrivals }, metrics }: CellRecord): number | null {
  const inFlight = metrics?.mean_concurrency ?? null;
  if (arrivals === null || arrivals.process === 'trace' || inFlight === null) return null;
  return Math.max(1, Math.round(inFlight));
}

/** An open loop's arrivals, at the rate that it was asked for or, where the client fell short of it, at the one that it reached. */
function openDriving({ cell: { arrivals }, metrics, reasons }: CellRecord, driven: Driving): Driving | null {
  if (arrivals === null || arrivals.process === 'trace' || driven.kind !== 'steady') return null;
  const { process, burstiness, rate_per_s } = arrivals;
  const short = reasons.some(({ code }) => code === 'rate_not_reached');
  const rate = short ? (metrics?.requests_per_s ?? rate_per_s) : rate_per_s;
  return { kind: 'open', output_jitter: driven.output_jitter, process, burstiness, rate_per_s: rate };
}

/** Steps of a sequence in which nothing was proposed, as a share, that are a matter of the window's edges. */
const EDGE_STEPS = 0.05;

/**
 * Speculative decoding, as the server counted it in the cell's window. N-grams propose in some steps of a sequence alone: then
 * the mean over all of its steps counts.
 */
function speculationOf({ server, metrics }: CellRecord): Speculation | undefined {
  const { spec_drafts: drafts, spec_draft_tokens: proposed, spec_accepted_tokens: accepted } = server ?? {};
  if (!drafts || !proposed || accepted == null) return undefined;
  const acceptance = Math.min(1, accepted / proposed);
  const whole = Math.round(proposed / drafts);
  const tokens = server?.generation_tokens ?? null;
  const each = metrics?.mean_output_tokens ?? null;
  if (tokens === null || each === null) return { draftTokens: whole, acceptance };
  // Every step of a sequence gives one token and those that were accepted; a prompt's gives the first.
  const steps = tokens * (1 - 1 / each) - accepted;
  const drafted = steps > 0 ? drafts / steps : 1;
  return { draftTokens: drafted > 1 - EDGE_STEPS ? whole : (proposed / drafts) * drafted, acceptance };
}

/**
 * The observation of one finished cell; null when it measured neither TTFT nor TPOT, or nothing that a model of one server
 * predicts (prompts on one, answers from another).
 * @param driven how the run's steady cells were driven; cells of kind `decode` are a batch each, whatever it is
 */
export function usableMeasurement(
  record: CellRecord,
  engine: EngineSettings,
  driven: Driving,
): Observation | null {
  const { metrics, cell } = record;
  const concurrency = cell.concurrency ?? openConcurrency(record);
  if (!metrics || concurrency === null || cell.kind === 'disaggregated') return null;
  const decode = cell.kind === 'decode';
  const whole = cell.kind === 'load' || cell.kind === 'cached' || cell.kind === 'speculative';
  const driving: Driving = decode ? { kind: 'batch' } : (openDriving(record, driven) ?? driven);
  // A batch that is released at once has no TTFT of a model's: who came first decides.
  const drift = driftError(record);
  const seen = (statistic: Statistic | null, metric: LatencyMetric): Measured | null =>
    widened(measured(statistic, metric, driving), drift);
  const ttft = decode ? null : seen(metrics.ttft_ms, 'ttft');
  const tpot = cell.output_tokens > FEWEST_TPOT_TOKENS ? seen(metrics.tpot_ms, 'tpot') : null;
  if (!ttft && !tpot) return null;
  const away = metrics.turn_around_ms;
  const speculation = speculationOf(record);
  return {
    target: record.target,
    cells: [record.key],
    input_tokens: cell.input_tokens,
    ...(cell.cached_input_tokens !== undefined && { cached_input_tokens: cell.cached_input_tokens }),
    output_tokens: cell.output_tokens,
    mean_output_tokens: metrics.mean_output_tokens ?? cell.output_tokens,
    concurrency,
    engine: speculation ? { ...engine, speculation } : engine,
    turn_around_s: decode || away === null ? null : Math.max(0, away) / 1e3,
    driving,
    hold_out: cell.hold_out,
    ttft,
    tpot,
    // One phase says nothing about a whole answer.
    e2e: whole ? seen(metrics.e2e_ms, 'tpot') : null,
    // What others give as the rate of a batch leaves its prompts out.
    output_tokens_per_s:
      driving.kind === 'batch' || !whole
        ? null
        : measuredRate(metrics.output_tokens_per_s, concurrency, record.counts.measured),
    power: measuredPower(record),
    // A batch that is released at once is one sample, a pair is of two servers, and speculation gives several tokens at once.
    ...(driving.kind !== 'batch' &&
      cell.kind === 'load' &&
      !speculation && { tails: observedTails(metrics) }),
  };
}
