import type { PairTransfer } from '../transfer-rules.ts';

/** Network cards of the workers: caches that leave or reach the same worker follow one another. */
export class Links {
  /** When a worker's cards are free again, by its index; s. */
  readonly #outFree: number[] = [];
  readonly #inFree: number[] = [];

  /** When a cache is there whose prompt ended `now`; its bytes keep the cards of both sides busy until then. */
  landing(from: number, to: number, now: number, { exposed_s, egress_s }: PairTransfer): number {
    const free = Math.max(this.#outFree[from] ?? 0, this.#inFree[to] ?? 0);
    const at = Math.max(now + exposed_s, free + egress_s);
    this.#outFree[from] = at;
    this.#inFree[to] = at;
    return at;
  }
}
