import type { Requests } from './requests.ts';
import { hasRoom, leastOf, promptSeconds, type Router } from './router.ts';
import type { Worker } from './worker.ts';

/** Workers with one task each; `mixed` ones do both and take what the others cannot. */
export interface StaticPools {
  readonly prefill: readonly Worker[];
  readonly decode: readonly Worker[];
  readonly mixed: readonly Worker[];
}

/**
 * Three pools as in Splitwise: the shortest queue of its pool for the prompt and for the answer; a mixed worker where the
 * prefill pool's queue is long, or the decode pool is full.
 * @param longQueue wait from which prompts go to mixed workers, s
 */
export function staticRouter(
  { prefill, decode, mixed }: StaticPools,
  requests: Requests,
  secondsPerToken: number,
  longQueue: number,
): Router {
  const waiting = (worker: Worker): number => worker.promptTokens;
  const committed = (worker: Worker): number => worker.committedTokens;
  // A mixed worker is as busy as all tokens that it still owes.
  const owed = (worker: Worker): number => worker.committedTokens + worker.promptTokens;
  return {
    prompt() {
      const own = leastOf(prefill, waiting);
      const other = leastOf(mixed, owed);
      if (own === undefined || other === undefined) return (own ?? other)!;
      const wait = promptSeconds(own, secondsPerToken);
      return wait > longQueue && promptSeconds(other, secondsPerToken) < wait ? other : own;
    },
    decode(request, from) {
      if (mixed.includes(from)) return from;
      const own = leastOf(decode, committed);
      const other = leastOf(mixed, owed);
      if (own === undefined || other === undefined) return (own ?? other)!;
      return !hasRoom(own, request, requests) && hasRoom(other, request, requests) ? other : own;
    },
  };
}
