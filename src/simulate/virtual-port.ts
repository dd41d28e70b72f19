import type { LoadPort, RequestSpec } from '../load/port.ts';
import type { RequestOutcome, RequestTimeline } from '../measure/timeline.ts';
import { createEngine, createFrontend, type SimulatedDevice } from './device.ts';
import type { Engine } from './engine.ts';
import { EventQueue } from './event-queue.ts';
import type { EngineRequest, Sequence } from './sequence.ts';
import { type EngineSnapshot, snapshot } from './snapshot.ts';

export interface VirtualPortOptions {
  /** Where the clock starts, s. */
  readonly startsAt?: number;
}

/** A load port in virtual time: the clock jumps from event to event. */
export interface VirtualPort extends LoadPort {
  /** Processes events until nothing is left or `until` is true; it is asked after every instant. */
  run(until?: () => boolean): void;
  /** The counters that the served endpoint shows under /metrics. */
  counters(): EngineSnapshot;
}

interface VirtualRequest extends EngineRequest {
  readonly spec: RequestSpec;
  readonly sentAt: number;
  readonly stamps: number[];
  ended: ((timeline: RequestTimeline) => void) | null;
}

/** Ones and zeros are the same for every request of a length: one frozen array serves them all. */
const constantColumns = new Map<
  number,
  { readonly ones: readonly number[]; readonly zeros: readonly number[] }
>();

/**
 * A simulated device as a load port in virtual time. Stamps are exact (bound 0), a chunk carries one token.
 * A request sent at the instant at which a step ends joins the next step (without the `frontend` effect).
 */
export function createVirtualPort(device: SimulatedDevice, options: VirtualPortOptions = {}): VirtualPort {
  const engine: Engine<VirtualRequest> = createEngine(device);
  const arrivalDelay = createFrontend(device);
  const events = new EventQueue();
  let now = options.startsAt ?? 0;
  let stepEnd: number | null = null;

  const end = (request: VirtualRequest, outcome: RequestOutcome): void => {
    const { ended } = request;
    if (ended === null) return;
    request.ended = null;
    ended(toTimeline(request, now, outcome));
  };

  const finishStep = (): void => {
    stepEnd = null;
    const { at, produced } = engine.finishStep();
    // Engine state first, callbacks after: a callback may send or abort.
    const finished: VirtualRequest[] = [];
    for (const sequence of produced) {
      sequence.request.stamps.push(sequence.lastTokenAt);
      if (sequence.finished) finished.push(sequence.request);
    }
    for (const request of finished) {
      const last = request.stamps.at(-1)!;
      if (last <= at) end(request, COMPLETED);
      else events.add(last, () => end(request, COMPLETED));
    }
  };

  /** Handles everything at the next instant; false when nothing is left. */
  const advance = (): boolean => {
    if (stepEnd === null) {
      const step = engine.planStep(now);
      stepEnd = step === null ? null : step.end;
    }
    const instant = Math.min(events.nextTime(), stepEnd ?? engine.wakeAt());
    if (instant === Number.POSITIVE_INFINITY) return false;
    now = Math.max(now, instant);
    if (stepEnd !== null && stepEnd <= now) finishStep();
    while (events.nextTime() <= now) events.runNext();
    return true;
  };

  const send = (spec: RequestSpec, ended: (timeline: RequestTimeline) => void): (() => void) => {
    const request: VirtualRequest = {
      promptTokens: spec.inputTokens,
      outputTokens: spec.outputTokens,
      arrivedAt: now,
      queuedAt: now + arrivalDelay(),
      blockKeys: null,
      spec,
      sentAt: now,
      stamps: [],
      ended,
    };
    if (spec.inputTokens + spec.outputTokens > device.maxLengthTokens) {
      events.add(now, () => end(request, tooLong(device.maxLengthTokens)));
      return () => {};
    }
    const sequence: Sequence<VirtualRequest> = engine.submit(request);
    return () => {
      if (request.ended === null || sequence.aborted) return;
      engine.abort(sequence);
      events.add(now, () => end(request, { state: 'aborted' }));
    };
  };

  return {
    now: () => now,
    at: (time, wake) => events.add(Math.max(time, now), wake),
    send,
    run(until = () => false) {
      while (!until() && advance());
    },
    counters: () => snapshot(engine, now),
  };
}

const COMPLETED: RequestOutcome = { state: 'completed', finish_reason: 'length' };

const tooLong = (limit: number): RequestOutcome => ({
  state: 'failed',
  kind: 'http_status',
  message: `the request is longer than the model's maximum of ${limit} tokens`,
  http_status: 400,
});

function columns(length: number): { readonly ones: readonly number[]; readonly zeros: readonly number[] } {
  let found = constantColumns.get(length);
  if (found === undefined) {
    found = {
      ones: Object.freeze(new Array<number>(length).fill(1)),
      zeros: Object.freeze(new Array<number>(length).fill(0)),
    };
    constantColumns.set(length, found);
  }
  return found;
}

function toTimeline(request: VirtualRequest, now: number, outcome: RequestOutcome): RequestTimeline {
  const { spec, sentAt } = request;
  // An aborted request may have tokens that were still on their way.
  const stamps =
    outcome.state === 'aborted' ? request.stamps.filter((stamp) => stamp <= now) : request.stamps;
  const { ones, zeros } = columns(stamps.length);
  const first = stamps[0] ?? null;
  return {
    sequence: spec.sequence,
    stream: spec.stream,
    role: spec.role,
    input_tokens: spec.inputTokens,
    output_tokens: spec.outputTokens,
    scheduled_s: spec.scheduledAt,
    sent_s: sentAt,
    first_byte_s: first,
    chunks: { at_s: stamps, tokens: ones, bound_s: zeros },
    usage:
      outcome.state === 'completed'
        ? { prompt_tokens: spec.inputTokens, completion_tokens: stamps.length, cached_tokens: 0 }
        : null,
    tokens_counted_by: 'server',
    ended_s: now,
    outcome,
    first_choices_s: first,
  };
}
