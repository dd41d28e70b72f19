import type { LoadPort } from './port.ts';

/** The timers of one cell, so that ending it cancels all of them. */
export class Timers {
  readonly #port: LoadPort;
  readonly #cancels = new Set<() => void>();
  #over = false;

  constructor(port: LoadPort) {
    this.#port = port;
  }

  /** Whether `cancelAll` was called. */
  get areOver(): boolean {
    return this.#over;
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
      if (!this.#over) this.every(period, tick);
    });
  }

  cancelAll(): void {
    this.#over = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
