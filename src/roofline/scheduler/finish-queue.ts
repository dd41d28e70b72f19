/** Decoding requests by the decode step in which they finish: a binary heap over two columns. */
export class FinishQueue {
  readonly #steps: number[] = [];
  readonly #requests: number[] = [];

  get size(): number {
    return this.#steps.length;
  }

  /** Step of the earliest finish; Infinity when empty. */
  get nextStep(): number {
    return this.#steps[0] ?? Number.POSITIVE_INFINITY;
  }

  push(step: number, request: number): void {
    this.#rise(this.#steps.length, step, request);
  }

  /** Takes out the request that finishes first. */
  pop(): number {
    const first = this.#requests[0]!;
    this.#takeOut(0);
    return first;
  }

  /** Takes one request out, wherever it stands. */
  remove(request: number): void {
    const at = this.#requests.indexOf(request);
    if (at >= 0) this.#takeOut(at);
  }

  /** Fills the place with the last entry. */
  #takeOut(at: number): void {
    const step = this.#steps.pop()!;
    const request = this.#requests.pop()!;
    if (at < this.#steps.length) this.#rise(this.#sink(at, step), step, request);
  }

  /** Moves earlier finishes up from below `at`; returns the place that is left for `step`. */
  #sink(from: number, step: number): number {
    const steps = this.#steps;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= steps.length) return at;
      if (child + 1 < steps.length && steps[child + 1]! < steps[child]!) child += 1;
      if (steps[child]! >= step) return at;
      steps[at] = steps[child]!;
      this.#requests[at] = this.#requests[child]!;
      at = child;
    }
  }

  /** Puts an entry at `from`, or higher where those above finish later. */
  #rise(from: number, step: number, request: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#steps[parent]! <= step) break;
      this.#steps[at] = this.#steps[parent]!;
      this.#requests[at] = this.#requests[parent]!;
      at = parent;
    }
    this.#steps[at] = step;
    this.#requests[at] = request;
  }
}
