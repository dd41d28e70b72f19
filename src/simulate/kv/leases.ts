import type { LoopRequest } from '../engine-loop.ts';
import type { LiveLoop } from '../live-loop.ts';
import type { Sequence } from '../sequence.ts';

interface Lease {
  readonly sequence: Sequence<LoopRequest>;
  readonly timer: NodeJS.Timeout;
}

/** The blocks that a prefill server keeps for a decode server to fetch, until they are fetched or their lease is over. */
export class KvLeases {
  readonly #live: LiveLoop<LoopRequest>;
  readonly #seconds: number;
  readonly #leases = new Map<string, Lease>();
  /** Leases that ended before anybody fetched the blocks. */
  expired = 0;

  constructor(live: LiveLoop<LoopRequest>, seconds: number) {
    this.#live = live;
    this.#seconds = seconds;
  }

  /** Keeps the blocks of a finished sequence under the id of its request. */
  grant(request: string, sequence: Sequence<LoopRequest>): void {
    const timer = setTimeout(() => this.expire(request), 1000 * this.#seconds).unref();
    this.#leases.set(request, { sequence, timer });
  }

  /** @returns prompt tokens whose KV is here, null: nothing under this id */
  tokensOf(request: string): number | null {
    return this.#leases.get(request)?.sequence.request.promptTokens ?? null;
  }

  expire(request: string): void {
    if (this.release(request)) this.expired += 1;
  }

  /** Frees the blocks; false when there were none. */
  release(request: string): boolean {
    const lease = this.#leases.get(request);
    if (lease === undefined) return false;
    clearTimeout(lease.timer);
    this.#leases.delete(request);
    this.#live.release(lease.sequence);
    return true;
  }

  close(): void {
    for (const { timer } of this.#leases.values()) clearTimeout(timer);
    this.#leases.clear();
  }
}
