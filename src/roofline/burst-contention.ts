import { mixedShare, type PromptContention, promptContention, type StepLoop } from './prompt-contention.ts';

/** How all streams of a closed loop start at once. */
export interface StepBurst {
  /** Requests that each stream sends. */
  readonly rounds: number;
  /** Width of the range of output lengths, in steps. */
  readonly jitterSteps: number;
  /** Whether the median request counts instead of the mean: the start-up is not it where more rounds follow. */
  readonly median: boolean;
}

export interface BurstContention extends PromptContention {
  /** Those of the steps to the first token that belong to the start, when few decode yet. */
  readonly startSteps: number;
  /** Steps from the mean end of the streams to the last one's, for each round. */
  readonly tailSteps: number;
  /** Whether jitter mixes the order of requests from the second round on. */
  readonly random: boolean;
}

/** Rounds after the first one that are looked at, evenly spread. */
const LOOKED_AT = 3;

/**
 * Mean contention of a burst. First all prompts stand in one queue; the streams leave it spaced by a prompt's size, and
 * only the jitter of their lengths spreads them further, round by round, so that their prompts come closer together than in a
 * steady loop: behind one another without jitter, at random within the width that they have spread to with it.
 * @param startSize size of a prompt in the first queue, where few decodes take budget
 */
export function burstContention(loop: StepLoop, burst: StepBurst, startSize: number): BurstContention {
  const { rounds, jitterSteps } = burst;
  const { streams, decodeSteps, size } = loop;
  const queue = Math.max(1, streams * size);
  const width = (round: number): number => Math.hypot(queue, jitterSteps * Math.sqrt(round));
  const steady = promptContention(loop);
  const start = startUp(streams, startSize);
  const starts = burst.median && rounds > 2 ? 0 : 1;
  const counted = rounds - 1 + starts;
  let steps = starts * start.steps;
  let [ahead, behind, joined] = [starts * (start.work - startSize), 0, starts];
  const line = inLine(streams, size);
  // Where the queue is longer than a request's decode, its stream is back before the queue's end.
  const waiting = Math.max(0, streams * size - decodeSteps - line.steps);
  const looked = Math.min(LOOKED_AT, rounds - 1);
  for (let look = 0; look < looked; look += 1) {
    const round = ((look + 0.5) * (rounds - 1)) / looked + 0.5;
    const count = (rounds - 1) / looked;
    const spread = promptContention({ ...loop, decodeSteps: Math.min(decodeSteps, width(round)) });
    // The share of the width that is jitter's is in random order.
    const random = 1 - (queue / width(round)) ** 2;
    steps += count * (random * spread.steps + (1 - random) * (line.steps + waiting));
    ahead += count * (random * spread.ahead + (1 - random) * waiting);
    behind += count * (random * spread.behind + (1 - random) * (line.work - size));
    joined += count * (random * spread.joined + 1 - random);
  }
  // In the last round those ahead do not come again, and they leave the engine to those behind.
  const left =
    (Math.min(decodeSteps, queue) + Math.min(decodeSteps, width(rounds))) /
    (6 * rounds * Math.max(1, decodeSteps));
  const met = steady.met * (1 - 1 / (2 * rounds));
  return {
    steps: steps / counted,
    ahead: ahead / counted,
    behind: behind / counted,
    joined: joined / counted,
    decodes: steady.decodes * (1 - left),
    met,
    mixed: mixedShare(size, met, behind / counted, 1),
    startSteps: (starts * start.steps) / counted,
    tailSteps: Math.min(decodeSteps, width(rounds)) / (2 * rounds),
    random: jitterSteps > queue,
  };
}

/** Mean steps until a prompt of a queue of `streams` prompts is done, and the work done in them. */
function startUp(streams: number, size: number): { steps: number; work: number } {
  let [steps, work, count] = [0, 0, 0];
  for (let place = 1; place < streams + 1; place += 1) {
    const own = Math.min(place, streams) * size;
    const end = Math.ceil(own - 1e-9);
    steps += end;
    work += Math.min(end, streams * size);
    count += 1;
  }
  return { steps: steps / count, work: work / count };
}

/** Steps of a prompt that stands between two others, none of them waiting, and the work done in them. */
function inLine(streams: number, size: number): { steps: number; work: number } {
  const steps = size < 1 ? 1 : Math.ceil(size) === size ? size : size + 0.5;
  return { steps, work: Math.min(steps, streams * size) };
}
