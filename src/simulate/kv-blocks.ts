import type { EngineRequest, Sequence } from './sequence.ts';

type AnySequence = Sequence<EngineRequest>;

/**
 * The KV cache in blocks, taken on demand. Full blocks of prompts with keys are shared through a prefix cache:
 * a block that nobody holds any more stays findable until its place is needed (least recently used goes first).
 */
export class KvBlocks {
  readonly total: number;
  readonly blockSize: number;
  #held = 0;
  /** Holders by key; 0 means idle, that is, cached and free to be evicted. */
  readonly #holders = new Map<number, number>();
  /** Idle keys, least recently used first. */
  readonly #idle = new Set<number>();

  constructor(capacityTokens: number, blockSize: number) {
    this.blockSize = blockSize;
    this.total = Math.floor(capacityTokens / blockSize);
  }

  get usage(): number {
    return this.total === 0 ? 0 : this.#held / this.total;
  }

  get heldBlocks(): number {
    return this.#held;
  }

  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockSize);
  }

  /** Makes room for `tokens` tokens of a sequence; false, and nothing taken, when the cache is full. */
  grow(sequence: AnySequence, tokens: number): boolean {
    const more = this.blocksFor(tokens) - sequence.blocks;
    if (more <= 0) return true;
    if (this.#held + more > this.total) return false;
    this.#held += more;
    sequence.blocks += more;
    this.#evict();
    return true;
  }

  /** Empties the prefix cache but for what running requests hold. */
  forget(): void {
    for (const key of this.#idle) this.#holders.delete(key);
    this.#idle.clear();
  }

  /** Tokens of the prompt that the prefix cache holds; at least one token is always left to compute. */
  cachedTokens(sequence: AnySequence): number {
    const keys = sequence.request.blockKeys;
    if (keys === null) return 0;
    const most = Math.floor((sequence.known - 1) / this.blockSize);
    let blocks = 0;
    while (blocks < most && blocks < keys.length && this.#holders.has(keys[blocks]!)) blocks += 1;
    return blocks * this.blockSize;
  }

  /** Whether `known` tokens fit, of which the first `cached` are in the prefix cache. */
  fits(sequence: AnySequence, cached: number): boolean {
    const keys = sequence.request.blockKeys;
    let fromIdle = 0;
    for (let block = 0; block < cached / this.blockSize; block += 1) {
      if (this.#holders.get(keys![block]!) === 0) fromIdle += 1;
    }
    const fresh = this.blocksFor(sequence.known) - cached / this.blockSize;
    return this.#held + fromIdle + fresh <= this.total;
  }

  /** Takes the first `cached` tokens of the prompt from the prefix cache. */
  adopt(sequence: AnySequence, cached: number): void {
    const keys = sequence.request.blockKeys;
    for (let block = 0; block < cached / this.blockSize; block += 1) this.#hold(sequence, keys![block]!);
    sequence.blocks += cached / this.blockSize;
  }

  /** Makes the prompt's blocks that are full after `tokens` tokens findable. */
  publish(sequence: AnySequence, tokens: number): void {
    const keys = sequence.request.blockKeys;
    if (keys === null) return;
    const full = Math.min(Math.floor(tokens / this.blockSize), keys.length);
    for (let block = sequence.sharedKeys.length; block < full; block += 1) {
      const key = keys[block]!;
      // A block with the same content was computed by another request meanwhile: this copy stays private.
      if (this.#holders.has(key)) break;
      this.#holders.set(key, 1);
      sequence.sharedKeys.push(key);
    }
  }

  /** Gives back everything that a sequence holds. */
  free(sequence: AnySequence): void {
    this.#held -= sequence.blocks - sequence.sharedKeys.length;
    for (const key of sequence.sharedKeys) {
      const holders = this.#holders.get(key)! - 1;
      this.#holders.set(key, holders);
      if (holders > 0) continue;
      this.#held -= 1;
      this.#idle.add(key);
    }
    sequence.blocks = 0;
    if (sequence.sharedKeys.length > 0) sequence.sharedKeys = [];
  }

  #hold(sequence: AnySequence, key: number): void {
    const holders = this.#holders.get(key)!;
    if (holders === 0) {
      this.#idle.delete(key);
      this.#held += 1;
    }
    this.#holders.set(key, holders + 1);
    sequence.sharedKeys.push(key);
  }

  #evict(): void {
    while (this.#idle.size > 0 && this.#held + this.#idle.size > this.total) {
      const oldest = this.#idle.values().next().value as number;
      this.#idle.delete(oldest);
      this.#holders.delete(oldest);
    }
  }
}
