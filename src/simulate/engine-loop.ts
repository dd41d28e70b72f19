import { createEngine, createFrontend, type SimulatedDevice } from './device.ts';
import type { Engine } from './engine.ts';
import { EventQueue } from './event-queue.ts';
import { PowerTrace } from './power/trace.ts';
import type { EngineRequest, Sequence } from './sequence.ts';
import { type EngineSnapshot, snapshot } from './snapshot.ts';

export interface LoopRequest extends EngineRequest {
  /** A token leaves the server at `at`; `last` with the final one, `more` where others of its step follow. Called in order. */
  deliver(at: number, last: boolean, more?: boolean): void;
}

/**
 * The engine and its timers as one queue of instants. Whoever drives it decides what time is: virtual time jumps from
 * instant to instant, real time waits for each. Both therefore run the same schedule.
 */
export class EngineLoop<R extends LoopRequest> {
  readonly engine: Engine<R>;
  readonly power: PowerTrace;
  readonly #events = new EventQueue();
  readonly #arrivalDelay: () => number;
  #now: number;
  #stepEnd: number | null = null;

  constructor(device: SimulatedDevice, startsAt: number) {
    this.power = new PowerTrace(device.power.idle_power_w);
    this.engine = createEngine(device, this.power);
    this.#arrivalDelay = createFrontend(device);
    this.#now = startsAt;
  }

  /** The instant being processed, or the last one that was. */
  get now(): number {
    return this.#now;
  }

  /** Calls `wake` at `time`, or at the present instant where that is later. */
  at(time: number, wake: () => void): () => void {
    return this.#events.add(Math.max(time, this.#now), wake);
  }

  submit(request: R): Sequence<R> {
    return this.engine.submit(request);
  }

  /** When a request that arrives at `time` reaches the scheduler. */
  queuedAt(time: number): number {
    return time + this.#arrivalDelay();
  }

  /** When the next thing happens, at or after the present instant; Infinity when nothing will. Starts a step if it can. */
  nextInstant(): number {
    if (this.#stepEnd === null) this.#stepEnd = this.engine.planStep(this.#now)?.end ?? null;
    const engine = this.#stepEnd ?? this.engine.wakeAt(this.#now);
    return Math.max(this.#now, Math.min(this.#events.nextTime(), engine));
  }

  /** Processes everything at the given instant: first the end of a step, then timers, those added meanwhile included. */
  runInstant(instant: number): void {
    this.#now = instant;
    if (this.#stepEnd !== null && this.#stepEnd <= instant) this.#finishStep();
    while (this.#events.nextTime() <= instant) this.#events.runNext();
  }

  snapshot(): EngineSnapshot {
    return snapshot(this.engine, this.#now);
  }

  #finishStep(): void {
    this.#stepEnd = null;
    const { at, produced } = this.engine.finishStep();
    for (const sequence of produced) {
      const { lastTokenAt, finished } = sequence;
      if (lastTokenAt <= at) {
        for (let token = sequence.gained; token > 0; token -= 1) {
          sequence.request.deliver(at, finished && token === 1, token > 1);
        }
      } else this.#events.add(lastTokenAt, () => this.#deliverLate(sequence, lastTokenAt));
    }
  }

  /** A first token that was on its way; its sequence made no other meanwhile. */
  #deliverLate(sequence: Sequence<R>, at: number): void {
    if (!sequence.aborted) sequence.request.deliver(at, sequence.finished);
  }
}
