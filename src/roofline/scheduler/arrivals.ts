/** Requests that were sent and are not yet at the engine, in order of arrival. */
export class Arrivals {
  readonly #requests: number[] = [];
  readonly #times: number[] = [];
  #first = 0;

  /** When the next request arrives, s; Infinity when none is on its way. */
  get next(): number {
    return this.#times[this.#first] ?? Number.POSITIVE_INFINITY;
  }

  add(request: number, at: number): void {
    const times = this.#times;
    const requests = this.#requests;
    let place = times.length;
    while (place > this.#first && times[place - 1]! > at) {
      times[place] = times[place - 1]!;
      requests[place] = requests[place - 1]!;
      place -= 1;
    }
    times[place] = at;
    requests[place] = request;
  }

  /** Takes out the request that arrives next. */
  take(): number {
    return this.#requests[this.#first++]!;
  }
}
