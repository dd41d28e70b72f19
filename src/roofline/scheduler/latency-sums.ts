import { GRADIENT_NAMES } from '../parameters.ts';
import type { StepPricer } from '../step-pricer.ts';
import type { PricedMetric } from './price-schedule.ts';
import type { Schedule } from './schedule.ts';

/** Kinds of steps with what each counts in a mean latency, as columns. */
export interface LatencySum {
  /** Steps of a kind in the mean. */
  readonly weight: Float64Array;
  readonly tokens: Float64Array;
  readonly sampled: Float64Array;
  readonly sequences: Float64Array;
  readonly attentionFlop: Float64Array;
  readonly attentionBytes: Float64Array;
  /** Seconds in the mean that no step takes: idle time less the way to the server. */
  readonly seconds: number;
}

/**
 * Mean latencies of a schedule as sums over kinds of steps. A mean is linear in the durations of the steps that requests wait
 * for, so a schedule of thousands of events is worth some hundred kinds.
 */
export interface LatencySums {
  readonly ttft: LatencySum;
  /** Null when no request has a second token. */
  readonly tpot: LatencySum | null;
}

export function latencySums(schedule: Schedule): LatencySums {
  const { sentEvent, sentOffset, firstEvent, lastEvent, outputTokens, arrivalSeconds } = schedule;
  const count = sentEvent.length;
  const ttft = new Float64Array(schedule.steps.length + 1);
  const tpot = new Float64Array(schedule.steps.length + 1);
  let decoding = 0;
  let offset = 0;
  for (let i = 0; i < count; i += 1) if (outputTokens[i]! > 1) decoding += 1;
  for (let i = 0; i < count; i += 1) {
    const first = firstEvent[i]!;
    ttft[sentEvent[i]!]! += 1 / count;
    ttft[first + 1]! -= 1 / count;
    offset += sentOffset[i]! / count;
    if (outputTokens[i]! <= 1) continue;
    const share = 1 / decoding / (outputTokens[i]! - 1);
    tpot[first + 1]! += share;
    tpot[lastEvent[i]! + 1]! -= share;
  }
  return {
    ttft: sumOf(schedule, ttft, -offset - arrivalSeconds),
    tpot: decoding > 0 ? sumOf(schedule, tpot, 0) : null,
  };
}

/** Steps whose token counts differ by less than this are of one kind; what their mean hides is of second order. */
const KIND_WIDTH = 0.03;
const kindOf = (count: number): number => Math.round(Math.log(count + 1) / KIND_WIDTH);

/** @param change of the weight at each event */
function sumOf(schedule: Schedule, change: Float64Array, seconds: number): LatencySum {
  const { tokens, sampled, sequences, attentionFlop, attentionBytes, steps, idleSeconds } = schedule;
  const kinds = new Map<number, number>();
  const columns: number[][] = [[], [], [], [], [], []];
  let weight = 0;
  let idle = 0;
  for (let e = 0; e < steps.length; e += 1) {
    weight += change[e]!;
    if (weight < 1e-15) continue;
    if (steps[e]! === 0) {
      idle += weight * idleSeconds[e]!;
      continue;
    }
    const key = kindOf(tokens[e]!) * 8192 + kindOf(sampled[e]!);
    let kind = kinds.get(key);
    if (kind === undefined) {
      kind = kinds.size;
      kinds.set(key, kind);
      for (const column of columns) column.push(0);
    }
    const counted = weight * steps[e]!;
    const values = [1, tokens[e]!, sampled[e]!, sequences[e]!, attentionFlop[e]!, attentionBytes[e]!];
    for (let c = 0; c < values.length; c += 1) columns[c]![kind]! += counted * values[c]!;
  }
  const [total, ...sums] = columns;
  const mean = (c: number): Float64Array => Float64Array.from(sums[c]!, (sum, kind) => sum / total![kind]!);
  return {
    weight: Float64Array.from(total!),
    tokens: mean(0),
    sampled: mean(1),
    sequences: mean(2),
    attentionFlop: mean(3),
    attentionBytes: mean(4),
    seconds: seconds + idle,
  };
}

/** Seconds of a mean latency on a device, with its derivatives by the log parameters where asked for. */
export function priceSum(sum: LatencySum, pricer: StepPricer, gradient: boolean): PricedMetric {
  const { weight, tokens, sampled, sequences, attentionFlop, attentionBytes } = sum;
  let { seconds } = sum;
  const slopes = new Float64Array(gradient ? GRADIENT_NAMES.length : 0);
  for (let k = 0; k < weight.length; k += 1) {
    const flop = attentionFlop[k]!;
    const bytes = attentionBytes[k]!;
    seconds += weight[k]! * pricer.secondsOf(tokens[k]!, sampled[k]!, sequences[k]!, flop, bytes);
    if (gradient) {
      pricer.addGradient(slopes, weight[k]!, tokens[k]!, sampled[k]!, sequences[k]!, flop, bytes);
    }
  }
  return { seconds, gradient: slopes };
}
