import { FinishQueue } from '../../roofline/scheduler/finish-queue.ts';

/** Sequences that decode together on a worker: when each finishes, how long they are on average, what KV they hold. */
export class DecodeBatch {
  readonly #finishes = new FinishQueue();
  /** Decode steps so far; a sequence that joins at s finishes at s + its tokens. */
  #steps = 0;
  /** Sum of contexts less the batch times the steps: what does not grow by itself. */
  #contextBase = 0;
  #heldTokens = 0;

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
    return this.size === 0 ? 0 : this.#contextBase / this.size + this.#steps + ahead;
  }

  join(request: number, input: number, output: number): void {
    this.#finishes.push(this.#steps + output - 1, request);
    this.#contextBase += input - this.#steps;
    this.#heldTokens += input + output;
  }

  advance(steps: number): void {
    this.#steps += steps;
  }

  /** Takes out one that has finished; null when there is none. @param lengthOf prompt and answer, tokens */
  takeFinished(lengthOf: (request: number) => number): number | null {
    if (this.#finishes.nextStep > this.#steps) return null;
    const request = this.#finishes.pop();
    const length = lengthOf(request);
    this.#contextBase -= length - 1 - this.#steps;
    this.#heldTokens -= length;
    return request;
  }
}
