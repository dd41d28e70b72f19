import { FinishQueue } from '../../roofline/scheduler/finish-queue.ts';
import { heldOf, type Requests } from './requests.ts';

/** Sequences that decode together on a worker: when each finishes, how long they are on average, what KV they hold. */
export class DecodeBatch {
  readonly #requests: Requests;
  readonly #finishes = new FinishQueue();
  /** Decode steps so far; a sequence that joins at s finishes at s + its steps. */
  #steps = 0;
  /** Tokens that all of them gain in a step. */
  #pace = 0;
  /** Sum of contexts less what all of their paces would have made of the steps so far: what does not grow by itself. */
  #contextBase = 0;
  #heldTokens = 0;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  get size(): number {
    return this.#finishes.size;
  }

  /** KV tokens that are set aside for whole requests. */
  get heldTokens(): number {
    return this.#heldTokens;
  }

  /** Steps until the first of them finishes; Infinity when there is none. */
  get stepsToFinish(): number {
    return this.#finishes.nextStep - this.#steps;
  }

  /** Mean context so many steps from now; 0 when there is none. */
  meanContext(ahead: number): number {
    if (this.size === 0) return 0;
    const pace = this.#pace / this.size;
    return this.#contextBase / this.size + pace * this.#steps + pace * ahead;
  }

  join(request: number): void {
    const { steps } = this.#requests;
    this.#finishes.push(this.#steps + steps[request]!, request);
    this.#count(request, 1, this.#steps);
  }

  advance(steps: number): void {
    this.#steps += steps;
  }

  /** Takes out one that has finished; null when there is none. */
  takeFinished(): number | null {
    if (this.#finishes.nextStep > this.#steps) return null;
    const request = this.#finishes.pop();
    this.#count(request, -1, this.#steps - this.#requests.steps[request]!);
    return request;
  }

  /** @param joined steps when it joined */
  #count(request: number, change: 1 | -1, joined: number): void {
    const { input, output, steps } = this.#requests;
    const pace = (output[request]! - 1) / steps[request]!;
    this.#pace += change * pace;
    this.#contextBase += change * (input[request]! - pace * joined);
    this.#heldTokens += change * heldOf(this.#requests, request);
    // Nobody is left: what rounding has added up goes with the last.
    if (this.size === 0) [this.#pace, this.#contextBase] = [0, 0];
  }
}
