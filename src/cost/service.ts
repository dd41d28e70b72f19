import { HIGHEST_UTILISATION, highestUtilisation, type Statistic, waitAt } from './queue.ts';
import { lengthAt, promptsOf, type Workload } from './workload.ts';

/** How long prompts hold a worker, over the requests of a workload. */
export interface Service {
  readonly mean_s: number;
  /** Variance over the square of the mean; 0 where all prompts are alike. */
  readonly cv2: number;
  /** By a statistic over the requests, s. */
  at(statistic: Statistic): number;
}

/** A service that takes the same for every request. */
export const constantService = (seconds: number): Service => ({ mean_s: seconds, cv2: 0, at: () => seconds });

/**
 * What a prompt, or a batch of them, takes by its length.
 * @param secondsOf seconds by the input tokens of each prompt
 * @param batch prompts that are computed together, whose lengths even out
 */
export function serviceOf(workload: Workload, secondsOf: (input: number) => number, batch = 1): Service {
  if (workload.mix === undefined) return constantService(secondsOf(workload.input));
  const each = promptsOf(workload).map(({ input, share }) => ({ share, seconds: secondsOf(input) }));
  const mean_s = each.reduce((sum, { share, seconds }) => sum + share * seconds, 0);
  const variance = each.reduce((sum, { share, seconds }) => sum + share * (seconds - mean_s) ** 2, 0);
  return {
    mean_s,
    cv2: variance / mean_s ** 2 / batch,
    at: (statistic) =>
      statistic === 'mean'
        ? mean_s
        : mean_s + (secondsOf(lengthAt(workload, 'input', statistic)) - mean_s) / Math.sqrt(batch),
  };
}

/** Something with a mean and a spread. */
export interface Spread {
  readonly mean: number;
  /** At the statistic that is asked. */
  readonly at: number;
}

/**
 * A statistic of a sum of two independent times: their means, and their deviations by the root of the squares. Exact where
 * either is constant.
 */
export function sumAt(one: Spread, other: Spread): number {
  const [a, b] = [one.at - one.mean, other.at - other.mean];
  return one.mean + other.mean + (a > 0 && b > 0 ? Math.hypot(a, b) : a + b);
}

/** A worker's queue: who holds it for how long, and what a request sees of that. */
export interface QueuedService {
  /** What a request takes once it is served, s. */
  readonly own: Service;
  /** Seconds for which a batch holds the worker; `own` and more where its caches leave slowly. */
  readonly held_s: number;
  readonly overhead_s: number;
  readonly workers: number;
  /** Of the gaps between arrivals: 1 at random. */
  readonly arrivals_cv2: number;
}

/** Waits go as the variation of arrivals and services together (Allen and Cunneen); 1 at M/D/c. */
const waitScale = ({ arrivals_cv2, own }: QueuedService): number => arrivals_cv2 + own.cv2;

/** TTFT at a utilisation by a statistic, s. */
export function ttftAt(queue: QueuedService, statistic: Statistic, utilisation: number): number {
  const wait = (of: Statistic): number =>
    queue.held_s * waitScale(queue) * waitAt(queue.workers, of, utilisation);
  const own = { mean: queue.own.mean_s, at: queue.own.at(statistic) };
  const waited = utilisation > 0 ? { mean: wait('mean'), at: wait(statistic) } : { mean: 0, at: 0 };
  return queue.overhead_s + sumAt(own, waited);
}

/** TTFT by what comes in a second, each of which holds a worker, s; infinite where the queue does not settle. */
export function ttftAtRate(queue: QueuedService, statistic: Statistic, per_s: number): number {
  const utilisation = per_s * queue.held_s;
  if (utilisation > HIGHEST_UTILISATION * (1 + ROUNDING)) return Number.POSITIVE_INFINITY;
  return ttftAt(queue, statistic, utilisation);
}

const ROUNDING = 1e-9;

/** The highest utilisation at which TTFT stays within a limit; 0 where none does. */
export function highestWithin(queue: QueuedService, statistic: Statistic, limit_s: number): number {
  const alone = queue.own.at(statistic) + queue.overhead_s;
  if (alone > limit_s) return 0;
  if (queue.own.cv2 === 0) {
    const waits = (limit_s - alone) / (queue.held_s * waitScale(queue));
    return highestUtilisation(queue.workers, statistic, waits);
  }
  let [low, high] = [0, HIGHEST_UTILISATION];
  if (ttftAt(queue, statistic, high) <= limit_s) return high;
  for (let round = 0; round < 24; round += 1) {
    const middle = (low + high) / 2;
    if (ttftAt(queue, statistic, middle) <= limit_s) low = middle;
    else high = middle;
  }
  return low;
}
