import type { StepGaps } from '../gap-tail.ts';
import type { StepPricer } from '../step-pricer.ts';
import type { AttentionWork } from '../step-work.ts';
import type { Schedule } from './schedule.ts';

/** A long stretch is told apart by so many steps at most: contexts grow on the way. */
const PIECE_STEPS = 32;
const MOST_PIECES = 16;

/**
 * Gaps between the tokens of the measured requests (TBT; of a server that speculates between the steps that bring some), in
 * seconds, each counted for all the streams and steps that saw it:
 * as many values as the schedule has events, not as there are tokens. A request's gap is a step, or all the events until it
 * decodes again where it was preempted.
 * @param ends of the schedule's events on the device
 */
export function tokenGaps(
  schedule: Schedule,
  ends: Float64Array,
  attention: AttentionWork,
  pricer: StepPricer,
): StepGaps {
  const columns: [number[], number[], number[]] = [[], [], []];
  const add = (plain: number, prompts: number, count: number): void => {
    columns[0].push(plain);
    columns[1].push(prompts);
    columns[2].push(count);
  };
  const decodeSeconds = (size: number, context: number): number => {
    const flop = attention.decodeFlop(size, context);
    const rows = attention.decodeRows(size);
    return pricer.secondsOf(attention.stepRows(rows), rows, size, flop, attention.decodeBytes(size, context));
  };
  const between = (from: number, to: number): number => ends[to]! - (from > 0 ? ends[from - 1]! : 0);
  const streams = streamsAt(schedule);
  for (let e = 0; e < ends.length; e += 1) {
    const steps = schedule.steps[e]!;
    if (streams[e] === 0 || steps === 0) continue;
    const [size, mean] = [schedule.decodes[e]!, schedule.decodeContext[e]!];
    if (schedule.sequences[e]! > size) {
      const plain = decodeSeconds(size, mean);
      add(plain, Math.max(0, between(e, e) - plain), streams[e]!);
      continue;
    }
    const pieces = Math.min(MOST_PIECES, Math.ceil(steps / PIECE_STEPS));
    for (let piece = 0; piece < pieces; piece += 1) {
      const [from, to] = [Math.round((piece * steps) / pieces), Math.round(((piece + 1) * steps) / pieces)];
      const seconds =
        pieces === 1 ? between(e, e) / steps : decodeSeconds(size, mean + (from + to - steps) / 2);
      add(seconds, 0, streams[e]! * (to - from));
    }
  }
  for (const { firstEvent, lastEvent } of schedule.pauses) add(between(firstEvent, lastEvent), 0, 1);
  const [plain, prompts, counts] = columns.map((values) => Float64Array.from(values));
  return { plain: plain!, prompts: prompts!, counts: counts! };
}

/** Measured requests that have a token from the engine in every step of an event, by event. */
function streamsAt({ steps, firstEvent, lastEvent, pauses }: Schedule): Int32Array {
  const change = new Int32Array(steps.length + 1);
  const add = (from: number, to: number, count: number): void => {
    change[from]! += count;
    change[to + 1]! -= count;
  };
  for (let i = 0; i < firstEvent.length; i += 1) {
    if (lastEvent[i]! > firstEvent[i]!) add(firstEvent[i]! + 1, lastEvent[i]!, 1);
  }
  for (const pause of pauses) add(pause.firstEvent, pause.lastEvent, -1);
  let running = 0;
  return change.map((each) => {
    running += each;
    return running;
  });
}
