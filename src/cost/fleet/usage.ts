import type { Activity, Stretch } from './stretch.ts';
import type { Worker } from './worker.ts';

/** Parts of the trace's time in which tasks are counted apart. */
export const SLICES = 6;

/** Mean workers by what they did. */
export type Tasks = Readonly<Record<Activity, number>>;

/** Counts what workers did and drew. */
export class UsageMeter {
  readonly #sliceSeconds: number;
  readonly #slices: Record<Activity, number>[] = Array.from({ length: SLICES }, () => ({
    prefill: 0,
    decode: 0,
    mixed: 0,
  }));
  readonly #busy: number[] = [];
  readonly #joules: number[] = [];

  constructor(traceSeconds: number) {
    this.#sliceSeconds = traceSeconds / SLICES;
  }

  add(worker: Worker, { activity, start_s, seconds, step_s, work }: Stretch): void {
    this.#spread(activity, start_s, start_s + seconds);
    this.#busy[worker.index] = (this.#busy[worker.index] ?? 0) + seconds;
    const { power } = worker.service;
    if (power === null || work === null || seconds === 0) return;
    this.#joules[worker.index] = (this.#joules[worker.index] ?? 0) + seconds * power.stepWatts(work, step_s);
  }

  /** A stretch counts in each part that it reaches into, and not behind the last arrival. */
  #spread(activity: Activity, start: number, end: number): void {
    const width = this.#sliceSeconds;
    for (let slice = Math.floor(start / width); slice < SLICES && slice * width < end; slice += 1) {
      const inside = Math.min(end, (slice + 1) * width) - Math.max(start, slice * width);
      this.#slices[slice]![activity] += Math.max(0, inside);
    }
  }

  /** Mean workers at each task, part by part. */
  get tasks(): Tasks[] {
    return this.#slices.map(({ prefill, decode, mixed }) => ({
      prefill: prefill / this.#sliceSeconds,
      decode: decode / this.#sliceSeconds,
      mixed: mixed / this.#sliceSeconds,
    }));
  }

  busySeconds(workers: readonly Worker[]): number {
    return workers.reduce((sum, { index }) => sum + (this.#busy[index] ?? 0), 0);
  }

  /** Mean watts of workers over so many seconds, idle ones included; null where a fit holds no power. */
  watts(workers: readonly Worker[], seconds: number): number | null {
    let joules = 0;
    for (const { index, service } of workers) {
      if (service.power === null) return null;
      joules += this.#joules[index] ?? 0;
      joules += service.power.idle_w * (seconds - (this.#busy[index] ?? 0));
    }
    return joules / seconds;
  }
}
