import type { Activity, Stretch } from './stretch.ts';

/** The like steps that a worker is at, or that it is idle. */
export class RunningStretch {
  /** When it ends; Infinity while idle. */
  until = Number.POSITIVE_INFINITY;
  #running: Omit<Stretch, 'seconds'> | null = null;

  get activity(): Activity | null {
    return this.#running?.activity ?? null;
  }

  begin(now: number, stretch: Omit<Stretch, 'seconds' | 'start_s'>): void {
    this.#running = { ...stretch, start_s: now };
    this.until = now + stretch.steps * stretch.step_s;
  }

  rest(): void {
    this.until = Number.POSITIVE_INFINITY;
  }

  /** Ends after the step that is under way now. */
  cutShort(now: number): void {
    const running = this.#running!;
    const { start_s, step_s, steps } = running;
    const done = Math.ceil((now - start_s) / step_s - 1e-9);
    if (done >= steps) return;
    this.#running = { ...running, steps: done };
    this.until = Math.max(now, start_s + done * step_s);
  }

  /** What was done, with its steps; null while idle. */
  end(now: number): Stretch | null {
    const running = this.#running;
    if (running === null) return null;
    this.#running = null;
    return { ...running, seconds: now - running.start_s };
  }
}
