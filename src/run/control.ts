import type { RunControl } from './events.ts';

/** Why a cell or a run ended early: the user asked for it. */
export class Interrupted extends Error {
  constructor() {
    super('stopped by the user');
    this.name = 'Interrupted';
  }
}

/** Pause, resume and stop of a run, as its watchers press them and its lanes obey them. */
export class Control implements RunControl {
  readonly #stop = new AbortController();
  readonly #onPause: (paused: boolean) => void;
  #gate: PromiseWithResolvers<void> | null = null;

  constructor(onPause: (paused: boolean) => void) {
    this.#onPause = onPause;
  }

  /** Aborts when the run is to end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  pause = (): void => {
    if (this.#gate || this.signal.aborted) return;
    this.#gate = Promise.withResolvers<void>();
    this.#onPause(true);
  };

  resume = (): void => {
    if (!this.#gate) return;
    this.#gate.resolve();
    this.#gate = null;
    this.#onPause(false);
  };

  stop = (): void => {
    this.#stop.abort(new Interrupted());
    this.#gate?.resolve();
  };

  /** Ends all lanes because one of them cannot go on, for example without disk space. */
  fail(error: unknown): void {
    this.#stop.abort(error);
    this.#gate?.resolve();
  }

  /** Waits while paused. */
  async passGate(): Promise<void> {
    await this.#gate?.promise;
    this.signal.throwIfAborted();
  }
}
