import { heldOf, type Requests } from './requests.ts';
import type { Worker } from './worker.ts';

/** Which worker computes a request's prompt, and which its answer. */
export interface Router {
  /** For a request that has just arrived. */
  prompt(request: number): Worker;
  /** For an answer whose prompt was computed on `from`. */
  decode(request: number, from: Worker): Worker;
}

/** The worker that `score` is least for; the earlier of two alike. */
export function leastOf(workers: readonly Worker[], score: (worker: Worker) => number): Worker | undefined {
  let best: Worker | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const worker of workers) {
    const own = score(worker);
    if (own < least) [best, least] = [worker, own];
  }
  return best;
}

/** About how long the prompts of a worker keep it, s. */
export const promptSeconds = (worker: Worker, secondsPerToken: number): number =>
  worker.promptTokens * secondsPerToken;

/** Whether an answer's whole KV cache finds room beside what is promised already. */
export const hasRoom = (worker: Worker, request: number, requests: Requests): boolean =>
  worker.decodes === 0 ||
  (worker.decodes < worker.service.seats &&
    worker.committedTokens + heldOf(requests, request) <= worker.service.kv_capacity_tokens);
