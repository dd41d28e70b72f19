import { GRADIENT_NAMES } from '../parameters.ts';
import type { StepPricer } from '../step-pricer.ts';
import { eventEnds, requestLatencies } from './request-latencies.ts';
import type { Schedule } from './schedule.ts';

const REQUEST = GRADIENT_NAMES.indexOf('request_overhead_s');

/** A statistic over the requests of a schedule, in seconds, with its derivatives by the log parameters. */
export interface PricedMetric {
  readonly seconds: number;
  /** In the order of GRADIENT_NAMES; empty where no gradient was asked for. */
  readonly gradient: Float64Array;
}

export interface PricedSchedule {
  readonly ttft: PricedMetric;
  /** Null when no request has a second token. */
  readonly tpot: PricedMetric | null;
  readonly e2eSeconds: number;
  /** Of a steady loop, by Little's law; of a burst, over its whole duration. */
  readonly outputTokensPerSecond: number;
}

export type Statistic = 'mean' | 'median';

/**
 * Prices a schedule for a device. Every latency is a sum of event durations, so means and medians are linear in them and
 * their derivatives cost one pass.
 * @param requestOverhead seconds added to TTFT
 * @param whole whether throughput is over the whole duration instead of a steady loop's
 */
export function priceSchedule(
  schedule: Schedule,
  pricer: StepPricer,
  requestOverhead: number,
  options: { readonly statistic: Statistic; readonly whole: boolean; readonly gradient: boolean },
): PricedSchedule {
  const ends = eventEnds(schedule, pricer);
  const { outputTokens, streams } = schedule;
  const { ttft, tpot, e2e: residences } = requestLatencies(schedule, ends);
  const count = residences.length;
  let residence = 0;
  let tokens = 0;
  for (let i = 0; i < count; i += 1) {
    residence += residences[i]!;
    tokens += outputTokens[i]!;
  }
  // The schedule already holds the way to the engine that it was made with.
  const overhead = requestOverhead - schedule.arrivalSeconds;
  const priced = (values: Float64Array, span: Span): PricedMetric | null => {
    const weights = requestWeights(values, options.statistic);
    if (weights === null) return null;
    let seconds = span === 'ttft' ? overhead : 0;
    for (let i = 0; i < count; i += 1) if (weights[i]! > 0) seconds += weights[i]! * values[i]!;
    const gradient = options.gradient ? metricGradient(schedule, pricer, weights, span) : NO_GRADIENT;
    if (options.gradient && span === 'ttft') gradient[REQUEST]! += requestOverhead;
    return { seconds, gradient };
  };
  const duration = ends.at(-1) ?? 0;
  const e2e = residence / count + overhead;
  const meanTokens = tokens / count;
  return {
    ttft: priced(ttft, 'ttft')!,
    tpot: priced(tpot, 'tpot'),
    e2eSeconds: e2e,
    outputTokensPerSecond: options.whole
      ? tokens / (duration + overhead)
      : (streams * meanTokens) / (e2e + schedule.turnAroundSeconds),
  };
}

type Span = 'ttft' | 'tpot';
const NO_GRADIENT = new Float64Array(0);

/** What each request counts in a statistic: 1/n each for a mean, the middle one or two for a median. NaN values do not count. */
function requestWeights(values: Float64Array, statistic: Statistic): Float64Array | null {
  const weights = new Float64Array(values.length);
  const known: number[] = [];
  values.forEach((value, i) => {
    if (!Number.isNaN(value)) known.push(i);
  });
  if (known.length === 0) return null;
  if (statistic === 'mean') {
    for (const i of known) weights[i] = 1 / known.length;
    return weights;
  }
  known.sort((a, b) => values[a]! - values[b]!);
  const middle = (known.length - 1) / 2;
  weights[known[Math.floor(middle)]!]! += 0.5;
  weights[known[Math.ceil(middle)]!]! += 0.5;
  return weights;
}

/** Σ over requests of weight × Σ over their events of the events' derivatives, by difference arrays over events. */
function metricGradient(
  schedule: Schedule,
  pricer: StepPricer,
  weights: Float64Array,
  span: Span,
): Float64Array {
  const { tokens, sampled, sequences, attentionFlop, attentionBytes, steps } = schedule;
  const change = new Float64Array(steps.length + 1);
  weights.forEach((weight, i) => {
    if (weight === 0) return;
    const first = schedule.firstEvent[i]!;
    const from = span === 'ttft' ? schedule.sentEvent[i]! : first + 1;
    const to = span === 'ttft' ? first : schedule.lastEvent[i]!;
    const share = span === 'ttft' ? weight : weight / (schedule.outputTokens[i]! - 1);
    change[from]! += share;
    change[to + 1]! -= share;
  });
  const gradient = new Float64Array(GRADIENT_NAMES.length);
  let running = 0;
  for (let e = 0; e < steps.length; e += 1) {
    running += change[e]!;
    const weight = running * steps[e]!;
    if (weight > 1e-15 && steps[e]! > 0) {
      pricer.addGradient(
        gradient,
        weight,
        tokens[e]!,
        sampled[e]!,
        sequences[e]!,
        attentionFlop[e]!,
        attentionBytes[e]!,
      );
    }
  }
  return gradient;
}
