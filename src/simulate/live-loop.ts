import type { SimulatedDevice } from './device.ts';
import { EngineLoop, type LoopRequest } from './engine-loop.ts';
import type { Sequence } from './sequence.ts';

/** Instants processed in one go while the schedule is late; then sockets get their turn. */
const CATCH_UP_INSTANTS = 32;
/** Timers fire up to a millisecond late; the last stretch is waited out by polling. */
const POLL_FROM_S = 1.5e-3;

/**
 * The engine loop on the real clock. Steps follow one another on an absolute schedule: a timer that fires late shortens
 * the wait for the next one, so lateness does not add up. A request is seen by the first step that begins after its arrival.
 */
export class LiveLoop<R extends LoopRequest> {
  readonly loop: EngineLoop<R>;
  /** Seconds of its clock at which it began. */
  readonly startedAt: number;
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #lagMax = 0;
  #closed = false;

  constructor(device: SimulatedDevice) {
    this.startedAt = clock();
    this.loop = new EngineLoop<R>(device, this.startedAt);
  }

  /** Most seconds that an instant was processed after its time. */
  get lagMaxSeconds(): number {
    return this.#lagMax;
  }

  now(): number {
    return clock();
  }

  /** @throws RangeError when the request can never fit */
  submit(request: R): Sequence<R> {
    const sequence = this.loop.submit(request);
    this.#arm();
    return sequence;
  }

  abort(sequence: Sequence<R>): void {
    this.loop.engine.abort(sequence);
    this.#arm();
  }

  /** Frees the blocks that a finished request kept. */
  release(sequence: Sequence<R>): void {
    this.loop.engine.release(sequence);
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  #disarm(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
  }

  /** Waits for the next instant. */
  #arm(): void {
    this.#disarm();
    if (this.#closed) return;
    const wait = this.loop.nextInstant() - clock();
    if (wait === Number.POSITIVE_INFINITY) return;
    if (wait > POLL_FROM_S) {
      this.#timeout = setTimeout(this.#tick, Math.min(1000 * (wait - POLL_FROM_S) + 0.5, 2 ** 31 - 1));
    } else this.#immediate = setImmediate(this.#tick);
  }

  readonly #tick = (): void => {
    for (let count = 0; count < CATCH_UP_INSTANTS; count += 1) {
      const instant = this.loop.nextInstant();
      const late = clock() - instant;
      if (late < 0) break;
      this.#lagMax = Math.max(this.#lagMax, late);
      this.loop.runInstant(instant);
    }
    this.#arm();
  };
}

/** Monotonic seconds. */
export const clock = (): number => performance.now() / 1000;
