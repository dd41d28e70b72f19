import type { StepColumns } from './service.ts';
import type { Activity, Stretch } from './stretch.ts';

/** The like steps that a worker is at, or that it is idle. */
export class RunningStretch {
  /** When it ends; Infinity while idle. */
  until = Number.POSITIVE_INFINITY;
  #activity: Activity | null = null;
  #start = 0;
  #steps = 0;
  #stepSeconds = 0;
  #work: StepColumns | null = null;

  get activity(): Activity | null {
    return this.#activity;
  }

  begin(now: number, activity: Activity, steps: number, seconds: number, work: StepColumns | null): void {
    this.#activity = activity;
    this.#start = now;
    this.#steps = steps;
    this.#stepSeconds = seconds;
    this.#work = work;
    this.until = now + steps * seconds;
  }

  rest(): void {
    this.until = Number.POSITIVE_INFINITY;
  }

  /** Ends after the step that is under way now. */
  cutShort(now: number): void {
    const done = Math.ceil((now - this.#start) / this.#stepSeconds - 1e-9);
    if (done >= this.#steps) return;
    this.#steps = done;
    this.until = Math.max(now, this.#start + done * this.#stepSeconds);
  }

  /** What was done, with its steps; null while idle. */
  end(now: number): Stretch | null {
    const activity = this.#activity;
    if (activity === null) return null;
    this.#activity = null;
    return {
      activity,
      start_s: this.#start,
      seconds: now - this.#start,
      step_s: this.#stepSeconds,
      work: this.#work,
      steps: this.#steps,
    };
  }
}
