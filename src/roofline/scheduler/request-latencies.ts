import type { StepPricer } from '../step-pricer.ts';
import type { Schedule } from './schedule.ts';

/** Latencies of the measured requests of a schedule on a device, s, from a request's sending; a row of each column is one request. */
export interface RequestLatencies {
  readonly ttft: Float64Array;
  /** NaN where there is no second token. */
  readonly tpot: Float64Array;
  readonly e2e: Float64Array;
}

/** Time at which each event ends, s. */
export function eventEnds(schedule: Schedule, pricer: StepPricer): Float64Array {
  const { tokens, sampled, sequences, attentionFlop, attentionBytes, steps, idleSeconds } = schedule;
  const ends = new Float64Array(steps.length);
  let now = 0;
  for (let e = 0; e < ends.length; e += 1) {
    now +=
      steps[e]! === 0
        ? idleSeconds[e]!
        : steps[e]! *
          pricer.secondsOf(tokens[e]!, sampled[e]!, sequences[e]!, attentionFlop[e]!, attentionBytes[e]!);
    ends[e] = now;
  }
  return ends;
}

/** @param ends of the schedule's events on the device */
export function requestLatencies(schedule: Schedule, ends: Float64Array): RequestLatencies {
  const { sentEvent, sentOffset, firstEvent, lastEvent, outputTokens } = schedule;
  const count = sentEvent.length;
  const [ttft, tpot, e2e] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i += 1) {
    const sent = (sentEvent[i]! > 0 ? ends[sentEvent[i]! - 1]! : 0) + sentOffset[i]!;
    const first = ends[firstEvent[i]!]!;
    const last = ends[lastEvent[i]!]!;
    ttft[i] = first - sent;
    tpot[i] = outputTokens[i]! > 1 ? (last - first) / (outputTokens[i]! - 1) : Number.NaN;
    e2e[i] = last - sent;
  }
  return { ttft, tpot, e2e };
}
