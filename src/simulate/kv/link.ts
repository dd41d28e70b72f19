import { Histogram } from '../histogram.ts';
import type { KvConnector } from './options.ts';

const TRANSFER_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5];
const BYTES_BOUNDS = [2 ** 21, 2 ** 23, 2 ** 25, 2 ** 27, 2 ** 29, 2 ** 31, 2 ** 33];
const DESCRIPTOR_BOUNDS = [10, 20, 30, 50, 75, 100, 200, 400, 1000, 2000, 4000, 10000, 20000, 50000];

/** The link over which a decode server fetches blocks: one transfer after another, the first from each server after a handshake. */
export class KvLink {
  readonly transfer_s = new Histogram(TRANSFER_BOUNDS);
  /** Of one rank. */
  readonly bytes = new Histogram(BYTES_BOUNDS);
  readonly descriptors = new Histogram(DESCRIPTOR_BOUNDS);
  failedTransfers = 0;
  failedNotifications = 0;
  readonly #connector: KvConnector;
  readonly #met = new Set<string>();
  #freeAt = 0;

  constructor(connector: KvConnector) {
    this.#connector = connector;
  }

  /**
   * Plans a transfer that is asked for at `now`.
   * @param blocks pieces that are fetched, each with its own descriptor in every layer
   * @returns when the blocks are here
   */
  transfer(now: number, from: string, bytes: number, blocks: number): number {
    const { handshake_s, base_s, bytes_per_s } = this.#connector;
    const ready = now + (this.#met.has(from) ? 0 : handshake_s);
    this.#met.add(from);
    const done = Math.max(ready, this.#freeAt) + base_s + bytes / bytes_per_s;
    this.#freeAt = done;
    this.transfer_s.observe(done - ready);
    this.bytes.observe(bytes);
    this.descriptors.observe(blocks);
    return done;
  }
}
