/** Tokens of a KV block: vLLM's default on GPUs. */
export const KV_BLOCK_TOKENS = 16;

/** Blocks that so many tokens take. */
export const kvBlocks = (tokens: number): number => Math.ceil(tokens / KV_BLOCK_TOKENS);

/** Keeps the KV blocks of the decoding sequences, which gain tokens together in every step. */
export interface KvBook {
  /** Blocks that the sequences hold. */
  readonly blocks: number;
  /** Blocks that the next step takes. */
  readonly needed: number;
  /** A sequence that holds `tokens` tokens begins to decode. */
  add(tokens: number): void;
  /** A sequence that holds `tokens` tokens finishes or is preempted. */
  remove(tokens: number): void;
  /** Mean KV length over the next `steps` steps, the token that each of them computes included. */
  meanContext(steps: number): number;
  /** Steps that `free` blocks last. */
  stepsWithin(free: number): number;
  advance(steps: number): void;
}

/**
 * KV blocks of the decoding sequences. All of them gain a token in every step, so the step in which each needs its next block
 * follows from where in a block it stands: blocks of long stretches are counted without walking through the steps.
 */
export class KvAccount implements KvBook {
  blocks = 0;
  /** Tokens that they hold less the clock times their number. */
  #base = 0;
  #size = 0;
  /** Steps so far. */
  #clock = 0;
  /** Sequences by the step, modulo the block size, in which they need their next block. */
  readonly #needAt: Int32Array = new Int32Array(KV_BLOCK_TOKENS);

  add(tokens: number): void {
    this.#count(tokens, 1);
  }

  remove(tokens: number): void {
    this.#count(tokens, -1);
  }

  #count(tokens: number, change: 1 | -1): void {
    this.blocks += change * kvBlocks(tokens);
    this.#base += change * (tokens - this.#clock);
    this.#size += change;
    // `tokens` is at least 1, so the remainder is never negative.
    const place = (this.#clock + KV_BLOCK_TOKENS * kvBlocks(tokens) - tokens) % KV_BLOCK_TOKENS;
    this.#needAt[place]! += change;
  }

  meanContext(steps: number): number {
    return this.#base / this.#size + this.#clock + (steps + 1) / 2;
  }

  get needed(): number {
    return this.#needAt[this.#clock % KV_BLOCK_TOKENS]!;
  }

  stepsWithin(free: number): number {
    if (this.#size === 0) return Number.POSITIVE_INFINITY;
    // In as many steps as a block has tokens every sequence takes one block.
    const rounds = Math.floor(free / this.#size);
    let left = free - rounds * this.#size;
    let steps = 0;
    for (; steps < KV_BLOCK_TOKENS; steps += 1) {
      left -= this.#needAt[(this.#clock + steps) % KV_BLOCK_TOKENS]!;
      if (left < 0) break;
    }
    return rounds * KV_BLOCK_TOKENS + steps;
  }

  /** Every sequence gains a token in each of `steps` steps. */
  advance(steps: number): void {
    this.blocks += Math.floor(steps / KV_BLOCK_TOKENS) * this.#size;
    for (let step = 0; step < steps % KV_BLOCK_TOKENS; step += 1) {
      this.blocks += this.#needAt[(this.#clock + step) % KV_BLOCK_TOKENS]!;
    }
    this.#clock += steps;
  }
}
