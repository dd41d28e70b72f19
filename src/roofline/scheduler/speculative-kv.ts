import { KV_BLOCK_TOKENS, type KvBook } from './kv-account.ts';

/**
 * KV blocks of decoding sequences that gain several tokens in a step, on average over where in a block each stands. Every
 * sequence holds slots for the tokens that are proposed besides.
 */
export class SpeculativeKv implements KvBook {
  readonly #perStep: number;
  readonly #slots: number;
  /** Tokens that the sequences hold less what they gained since the start of the clock. */
  #base = 0;
  #size = 0;
  /** Tokens that a sequence has gained so far. */
  #clock = 0;

  constructor(tokensPerStep: number, draftTokens: number) {
    this.#perStep = tokensPerStep;
    this.#slots = draftTokens;
  }

  /** Half a block of each sequence is not used yet. */
  get blocks(): number {
    const tokens = this.#base + this.#size * (this.#clock + this.#slots);
    return tokens / KV_BLOCK_TOKENS + this.#size / 2;
  }

  get needed(): number {
    return (this.#size * this.#perStep) / KV_BLOCK_TOKENS;
  }

  add(tokens: number): void {
    this.#base += tokens - this.#clock;
    this.#size += 1;
  }

  remove(tokens: number): void {
    this.#base -= tokens - this.#clock;
    this.#size -= 1;
  }

  meanContext(steps: number): number {
    return this.#base / this.#size + this.#clock + ((steps - 1) * this.#perStep) / 2 + 1;
  }

  stepsWithin(free: number): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : Math.floor(free / this.needed);
  }

  advance(steps: number): void {
    this.#clock += steps * this.#perStep;
  }
}
