import { type Speculation, tokensPerStep } from '../speculation.ts';
import { FinishQueue } from './finish-queue.ts';
import { KvAccount, type KvBook } from './kv-account.ts';
import { SpeculativeKv } from './speculative-kv.ts';

/** The decoding sequences: each gains a token in every step, or several on average, until it finishes or is preempted. */
export class DecodeBatch {
  readonly kv: KvBook;
  readonly #perStep: number;
  readonly #queue = new FinishQueue();
  /** Requests in order of start; those that have left since are skipped. */
  readonly #started: number[] = [];
  /** Tokens that a request holds, less what all gained since the clock began; undefined where it does not decode. */
  readonly #heldLessClock: (number | undefined)[] = [];
  /** Steps so far. */
  #clock = 0;

  constructor(speculation?: Speculation) {
    this.#perStep = tokensPerStep(speculation);
    this.kv = speculation ? new SpeculativeKv(this.#perStep, speculation.draftTokens) : new KvAccount();
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Steps until the first request finishes. */
  get stepsLeft(): number {
    return this.#queue.nextStep - this.#clock;
  }

  /** A request that holds `tokens` tokens begins, with `left` steps to go. */
  start(request: number, tokens: number, left: number): void {
    this.#queue.push(this.#clock + left, request);
    this.#started.push(request);
    this.#heldLessClock[request] = tokens - this.#perStep * this.#clock;
    this.kv.add(tokens);
  }

  advance(steps: number): void {
    this.#clock += steps;
    this.kv.advance(steps);
  }

  /** Takes out a request that has all its tokens; null when there is none. */
  takeFinished(): number | null {
    if (this.#queue.nextStep > this.#clock) return null;
    const request = this.#queue.pop();
    this.#leave(request);
    return request;
  }

  /** Takes out the request that began last, with the tokens that it held. */
  takeLast(): { readonly request: number; readonly held: number } {
    let request = this.#started.pop()!;
    while (this.#heldLessClock[request] === undefined) request = this.#started.pop()!;
    this.#queue.remove(request);
    return { request, held: this.#leave(request) };
  }

  #leave(request: number): number {
    const held = this.#heldLessClock[request]! + this.#perStep * this.#clock;
    this.#heldLessClock[request] = undefined;
    this.kv.remove(held);
    return held;
  }
}
