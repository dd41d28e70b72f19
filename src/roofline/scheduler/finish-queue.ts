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
    const steps = this.#steps;
    const requests = this.#requests;
    let at = steps.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (steps[parent]! <= step) break;
      steps[at] = steps[parent]!;
      requests[at] = requests[parent]!;
      at = parent;
    }
    steps[at] = step;
    requests[at] = request;
  }

  /** Takes out the request that finishes first. */
  pop(): number {
    const steps = this.#steps;
    const requests = this.#requests;
    const first = requests[0]!;
    const step = steps.pop()!;
    const request = requests.pop()!;
    const { length } = steps;
    if (length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && steps[child + 1]! < steps[child]!) child += 1;
      if (steps[child]! >= step) break;
      steps[at] = steps[child]!;
      requests[at] = requests[child]!;
      at = child;
    }
    steps[at] = step;
    requests[at] = request;
    return first;
  }

  /** Takes one request out, wherever it stands. */
  remove(request: number): void {
    const at = this.#requests.indexOf(request);
    if (at < 0) return;
    const rest = this.#requests.map((each, i) => [this.#steps[i]!, each] as const).filter((_, i) => i !== at);
    this.#steps.length = 0;
    this.#requests.length = 0;
    for (const [step, each] of rest) this.push(step, each);
  }
}
