import type { LoadPort } from './port.ts';

/** The timers of one cell, so that ending it cancels all of them. */
export class Timers {
  readonly #port: LoadPort;
  readonly #cancels = new Set<() => void>();

  constructor(port: LoadPort) {
    this.#port = port;
  }

  at(time: number, wake: () => void): void {
    const forget = () => this.#cancels.delete(cancel);
    const cancel = this.#port.at(time, () => {
      forget();
      wake();
    });
    this.#cancels.add(cancel);
  }

  /** Calls `tick` every `period` seconds until cancelled. */
  every(period: number, tick: () => void): void {
    this.at(this.#port.now() + period, () => {
      tick();
      this.every(period, tick);
    });
  }

  cancelAll(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
