import type { Loop } from './closed-form.ts';
import { splitPrompt, sumOfWork } from './meeting.ts';
import { type StepWork, stepWork } from './step-work.ts';

/** The queue is walked through in so many pieces at most: steps in a row are alike. */
const MOST_PIECES = 32;

/**
 * Seconds from the start of a burst to the first tokens of its first queue, by place in it: prompts fill step after step but
 * for those that decode already.
 * @param places between 0 and 1, ascending
 */
export function firstQueue(loop: Loop, places: readonly number[]): number[] {
  const ends = queueEnds(loop);
  return places.map((place) => {
    const wanted = Math.ceil(place * loop.streams - 1e-9);
    const at = ends.findIndex(({ done }) => done >= wanted - 1e-9);
    const { done, seconds, steps } = ends[at < 0 ? ends.length - 1 : at]!;
    if (steps === 1 || at < 0) return seconds;
    const before = at === 0 ? { done: 0, seconds: 0 } : ends[at - 1]!;
    return before.seconds + ((seconds - before.seconds) * (wanted - before.done)) / (done - before.done);
  });
}

/** Steps of the start that are alike: prompts that are done at their end, and when that is. */
interface Piece {
  readonly done: number;
  readonly seconds: number;
  readonly steps: number;
}

function queueEnds(loop: Loop): Piece[] {
  const { attention, pricer, maxNumBatchedTokens, inputTokens, cachedTokens, outputTokens, streams } = loop;
  const computed = inputTokens - cachedTokens;
  const decodeContext = inputTokens + outputTokens / 2;
  const none: StepWork = { tokens: 0, sampled: 0, sequences: 0, attentionFlop: 0, attentionBytes: 0 };
  const prompt = splitPrompt(inputTokens, maxNumBatchedTokens, cachedTokens).reduce(
    (sum, chunk) =>
      sumOfWork(sum, stepWork(attention, { prefills: [chunk], decodes: 0, decodeContext: 0 }), 1),
    none,
  );
  const promptsIn = (decodes: number): number =>
    Math.max(1, maxNumBatchedTokens - attention.decodeTokens * decodes) / computed;
  const stride = Math.max(1, Math.ceil(streams / promptsIn(streams / 2) / MOST_PIECES));
  const ends: Piece[] = [];
  let [done, seconds] = [0, 0];
  while (done < streams - 1e-9) {
    // Requests that are sent in turn: the first one has a step for itself.
    const alone = ends.length === 0 && loop.inTurnSeconds > 0;
    const decodes = Math.floor(done + 1e-9);
    const left = streams - done;
    const most = alone ? Math.min(1, promptsIn(0)) : promptsIn(decodes);
    const steps = alone ? 1 : Math.max(1, Math.min(stride, Math.ceil(left / most)));
    const prompts = Math.min(most, left / steps);
    const own = sumOfWork(stepWork(attention, { prefills: [], decodes, decodeContext }), prompt, prompts);
    done += steps * prompts;
    seconds += steps * pricer.seconds(own);
    ends.push({ done, seconds, steps });
  }
  return ends;
}
