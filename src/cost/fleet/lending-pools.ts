import { heldOf, type Requests } from './requests.ts';
import { hasRoom, leastOf, promptSeconds, type Router } from './router.ts';
import type { Worker } from './worker.ts';

/** Workers by the task that they belong to. */
export interface HomePools {
  readonly prefill: readonly Worker[];
  readonly decode: readonly Worker[];
}

/**
 * Splitwise's pools: a worker belongs to one task, and is lent to the other while that one's queue is long, or its batches are
 * full. Those that are lent are the mixed pool, which grows and shrinks; what they began they finish.
 * @param longQueue wait from which prompts go to decode workers, s
 */
export function lendingRouter(
  { prefill, decode }: HomePools,
  requests: Requests,
  secondsPerToken: number,
  longQueue: number,
): Router {
  const waiting = (worker: Worker): number => worker.promptTokens;
  const committed = (worker: Worker): number => worker.committedTokens;
  const never = Number.POSITIVE_INFINITY;
  /** The least loaded that has room is lent. */
  const lendable = (request: number) => (worker: Worker) => {
    if (!canHold(worker, request, requests) || !hasRoom(worker, request, requests)) return never;
    return worker.promptTokens + worker.committedTokens;
  };
  return {
    prompt(request) {
      const own = leastOf(prefill, waiting)!;
      const wait = promptSeconds(own, secondsPerToken);
      if (wait <= longQueue) return own;
      const lent = leastOf(decode, lendable(request));
      return lent !== undefined && promptSeconds(lent, secondsPerToken) < wait ? lent : own;
    },
    decode(request, from) {
      if (decode.includes(from)) return from;
      const own = leastOf(decode, committed)!;
      if (hasRoom(own, request, requests)) return own;
      return leastOf(prefill, lendable(request)) ?? own;
    },
  };
}

/** Whether a request's whole KV cache fits on a worker at all. */
const canHold = ({ service }: Worker, request: number, requests: Requests): boolean =>
  heldOf(requests, request) <= service.kv_capacity_tokens;
