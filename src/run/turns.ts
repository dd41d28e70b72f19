import type { Control } from './control.ts';

/** A target's turn: it is measured from its first cell to its last. */
export interface Turn {
  readonly name: string;
  /** Turns of one lane come one after another. */
  readonly lane: string;
  act(): Promise<void>;
}

/** Takes turns, lanes side by side; the first that fails stops the run. */
export class Turns {
  readonly #control: Control;
  /** The reason of an early end; null: there was none. */
  stoppedBy: unknown = null;

  constructor(control: Control) {
    this.#control = control;
  }

  async take(turns: readonly Turn[]): Promise<void> {
    const lanes = [...Map.groupBy(turns, ({ lane }) => lane).values()].map((group) =>
      this.stopping(async () => {
        for (const { act } of group) await act();
      }),
    );
    await Promise.all(lanes);
  }

  /** Does something whose failure stops the run; never fails itself. */
  async stopping(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.stoppedBy ??= error;
      this.#control.fail(error);
    }
  }
}
