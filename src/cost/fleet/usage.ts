import type { Activity, Stretch, Worker } from './worker.ts';

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
    const slice = Math.min(SLICES - 1, Math.floor(start_s / this.#sliceSeconds));
    this.#slices[slice]![activity] += seconds;
    this.#busy[worker.index] = (this.#busy[worker.index] ?? 0) + seconds;
    const { power } = worker.service;
    if (power === null || work === null || seconds === 0) return;
    this.#joules[worker.index] = (this.#joules[worker.index] ?? 0) + seconds * power.stepWatts(work, step_s);
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
