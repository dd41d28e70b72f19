/** After so many failed requests a cell stops: it would be invalid anyway, and a broken server is not hammered. */
export const MOST_FAILURES = 8;
/** Attempts at the probe request. */
export const MOST_PROBES = 3;

const FIRST_WAIT_S = 0.5;
const LONGEST_WAIT_S = 8;

/** Counts failed requests, and how long a stream waits after each of its own in a row. */
export class Failures {
  readonly #inARow = new Map<number, number>();
  #total = 0;

  get tooMany(): boolean {
    return this.#total >= MOST_FAILURES;
  }

  /** @returns seconds until the stream may send again */
  failed(stream: number): number {
    this.#total += 1;
    const inARow = (this.#inARow.get(stream) ?? 0) + 1;
    this.#inARow.set(stream, inARow);
    return waitAfter(inARow);
  }

  succeeded(stream: number): void {
    this.#inARow.delete(stream);
  }
}

/** Seconds to wait after so many failures in a row: doubling, bounded. */
export function waitAfter(failuresInARow: number): number {
  return Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (failuresInARow - 1));
}
