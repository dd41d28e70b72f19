import type { Requests } from './requests.ts';
import { hasRoom, leastOf, promptSeconds, type Router } from './router.ts';
import type { Worker } from './worker.ts';

/** When a worker of a shared pool counts as full. */
export interface SharedRules {
  /** Wait of a worker that computes prompts beyond which the next prompt goes elsewhere, s. */
  readonly longQueue: number;
  /** Most sequences that decode together on a worker while others have room. */
  readonly fullBatch: number;
}

/**
 * One pool without fixed tasks. Prompts gather on workers that compute prompts already, answers on workers that decode
 * already, each until it is full; then an idle worker takes the task up, and where none is idle the least loaded one does
 * both. A worker that has run out of work is free for either.
 */
export function sharedRouter(
  workers: readonly Worker[],
  requests: Requests,
  secondsPerToken: number,
  { longQueue, fullBatch }: SharedRules,
): Router {
  const never = Number.POSITIVE_INFINITY;
  const idle = (worker: Worker): number => (worker.idle ? 0 : never);
  return {
    prompt() {
      const gathering = leastOf(workers, (one) =>
        one.decodes === 0 && one.prompts > 0 && promptSeconds(one, secondsPerToken) <= longQueue
          ? one.promptTokens
          : never,
      );
      return (
        gathering ??
        leastOf(workers, idle) ??
        leastOf(workers, (one) => one.promptTokens + one.committedTokens / one.service.kv_capacity_tokens)!
      );
    },
    decode(request, from) {
      const gathering = leastOf(workers, (one) =>
        one.decodes > 0 && one.decodes < fullBatch && one.prompts === 0 && hasRoom(one, request, requests)
          ? -one.decodes
          : never,
      );
      if (gathering) return gathering;
      if (from.prompts === 0 && from.decodes === 0) return from;
      return leastOf(workers, idle) ?? leastOf(workers, (one) => one.committedTokens + one.promptTokens)!;
    },
  };
}
