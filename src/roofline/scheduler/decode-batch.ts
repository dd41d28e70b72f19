import { FinishQueue } from './finish-queue.ts';
import { KvAccount } from './kv-account.ts';

/** The decoding sequences: each gains a token in every step, until it finishes or is preempted. */
export class DecodeBatch {
  readonly kv = new KvAccount();
  readonly #queue = new FinishQueue();
  /** Requests in order of start; those that have left since are skipped. */
  readonly #started: number[] = [];
  /** Tokens that a request holds, less the clock; undefined where it does not decode. */
  readonly #heldLessClock: (number | undefined)[] = [];
  /** Steps so far. */
  #clock = 0;

  get size(): number {
    return this.#queue.size;
  }

  /** Steps until the first request finishes. */
  get stepsLeft(): number {
    return this.#queue.nextStep - this.#clock;
  }

  /** A request that holds `tokens` tokens begins, with `left` tokens to generate. */
  start(request: number, tokens: number, left: number): void {
    this.#queue.push(this.#clock + left, request);
    this.#started.push(request);
    this.#heldLessClock[request] = tokens - this.#clock;
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
    const held = this.#heldLessClock[request]! + this.#clock;
    this.#heldLessClock[request] = undefined;
    this.kv.remove(held);
    return held;
  }
}
