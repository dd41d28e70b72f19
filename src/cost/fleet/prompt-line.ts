import { roomFor } from '../../roofline/step-rules.ts';
import { computedOf, type Requests } from './requests.ts';
import type { Service } from './service.ts';
import { WaitingLine } from './waiting-line.ts';

/** Pieces of prompts that one step computes. */
export interface PromptPieces {
  readonly tokens: number;
  /** That they are computed in, each piece padded on its own. */
  readonly rows: number;
  readonly pieces: number;
  readonly flop: number;
  readonly bytes: number;
  /** Prompts that the step completes. */
  readonly ending: readonly number[];
}

/**
 * Prompts of a worker in the order of their coming, but for what the prefix cache has; a long one is computed in several steps,
 * or whole where the server does so.
 */
export class PromptLine {
  readonly #requests: Requests;
  readonly #line = new WaitingLine();
  /** Tokens of the prompt at the head that are computed. */
  #headDone = 0;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  get size(): number {
    return this.#line.size;
  }

  push(request: number): void {
    this.#line.push(request);
  }

  /**
   * Takes the pieces of the next step.
   * @param room most tokens
   * @param mayStart whether another prompt may begin, beside prompts of `taken` tokens, `ending` of which complete
   */
  take(
    room: number,
    { attention, whole_prompts }: Service,
    mayStart: (request: number, taken: number, ending: number) => boolean,
  ): PromptPieces {
    const ending: number[] = [];
    let [tokens, rows, pieces, taken, flop, bytes] = [0, 0, 0, 0, 0, 0];
    while (tokens < room && this.#line.size > 0) {
      const request = this.#line.first;
      if (this.#headDone === 0 && !mayStart(request, taken, ending.length)) break;
      const computed = computedOf(this.#requests, request);
      const context = this.#requests.cached[request]! + this.#headDone;
      const left = roomFor(computed, room - tokens, pieces === 0, whole_prompts);
      if (left === 0) break;
      const piece = Math.min(left, computed - this.#headDone);
      rows += attention.chunkRows(piece);
      flop += attention.chunkFlop(piece, context);
      bytes += attention.chunkBytes(piece, context);
      tokens += piece;
      pieces += 1;
      taken += computed;
      this.#headDone += piece;
      if (this.#headDone < computed) break;
      this.#headDone = 0;
      ending.push(this.#line.shift());
    }
    return { tokens, rows, pieces, flop, bytes, ending };
  }
}
