import type { RequestTimeline } from '../measure/timeline.ts';

/** After so many failed requests a cell stops: it would be invalid anyway, and a broken server is not hammered. */
export const MOST_FAILURES = 8;
/** Attempts at the probe request. */
export const MOST_PROBES = 3;

const FIRST_WAIT_S = 0.5;
const LONGEST_WAIT_S = 8;
/** A server that asks to wait longer is asked again earlier. */
const LONGEST_ASKED_WAIT_S = 60;

/** Counts failed requests, and how long a stream waits after each of its own in a row. */
export class Failures {
  readonly #inARow = new Map<number, number>();
  #total = 0;

  get tooMany(): boolean {
    return this.#total >= MOST_FAILURES;
  }

  /**
   * @param request as it failed: where the server asked to wait, the stream does
   * @returns seconds until the stream may send again
   */
  failed(stream: number, request?: RequestTimeline): number {
    this.#total += 1;
    const inARow = (this.#inARow.get(stream) ?? 0) + 1;
    this.#inARow.set(stream, inARow);
    return waitAfter(inARow, request);
  }

  succeeded(stream: number): void {
    this.#inARow.delete(stream);
  }
}

/** Seconds to wait after so many failures in a row: doubling, or what the server asked for; both bounded. */
export function waitAfter(failuresInARow: number, request?: RequestTimeline): number {
  const own = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (failuresInARow - 1));
  const asked = request?.outcome.state === 'failed' ? (request.outcome.retry_after_s ?? 0) : 0;
  return Math.max(own, Math.min(LONGEST_ASKED_WAIT_S, asked));
}
