import type { StepPricer } from '../step-pricer.ts';
import type { TrafficCounter } from '../step-traffic.ts';
import type { Schedule } from './schedule.ts';

/** Work of one device over the events in which measured requests ran. Columns of one length; idle events move nothing. */
export interface ScheduleTraffic {
  readonly seconds: Float64Array;
  readonly flop: Float64Array;
  readonly bytes: Float64Array;
  readonly linkBytes: Float64Array;
}

/** Time and traffic of every event from the first measured request's sending to the last one's end. */
export function scheduleTraffic(
  schedule: Schedule,
  pricer: StepPricer,
  counter: TrafficCounter,
): ScheduleTraffic {
  const from = schedule.sentEvent.reduce((least, event) => Math.min(least, event), schedule.steps.length);
  const to = schedule.lastEvent.reduce((most, event) => Math.max(most, event), 0);
  const length = Math.max(0, to + 1 - from);
  const columns = {
    seconds: new Float64Array(length),
    flop: new Float64Array(length),
    bytes: new Float64Array(length),
    linkBytes: new Float64Array(length),
  };
  for (let i = 0; i < length; i += 1) fill(columns, i, schedule, from + i, pricer, counter);
  return columns;
}

function fill(
  columns: ScheduleTraffic,
  i: number,
  { tokens, sampled, sequences, attentionFlop, attentionBytes, steps, idleSeconds }: Schedule,
  e: number,
  pricer: StepPricer,
  counter: TrafficCounter,
): void {
  const count = steps[e]!;
  if (count === 0) {
    columns.seconds[i] = idleSeconds[e]!;
    return;
  }
  const work = {
    tokens: tokens[e]!,
    sampled: sampled[e]!,
    sequences: sequences[e]!,
    attentionFlop: attentionFlop[e]!,
    attentionBytes: attentionBytes[e]!,
  };
  const traffic = counter.count(work);
  columns.seconds[i] = count * pricer.seconds(work);
  columns.flop[i] = count * traffic.flop;
  columns.bytes[i] = count * traffic.bytes;
  columns.linkBytes[i] = count * traffic.linkBytes;
}
