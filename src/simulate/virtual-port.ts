import type { LoadPort, RequestSpec } from '../load/port.ts';
import type { RequestOutcome, RequestTimeline } from '../measure/timeline.ts';
import type { SimulatedDevice } from './device.ts';
import { EngineLoop, type LoopRequest } from './engine-loop.ts';
import type { PowerTrace } from './power/trace.ts';
import type { Sequence } from './sequence.ts';
import type { EngineSnapshot } from './snapshot.ts';

export interface VirtualPortOptions {
  /** Where the clock starts, s. */
  readonly startsAt?: number;
  /** Tokens with which every prompt begins alike; default: none. */
  readonly cachedTokens?: number;
}

/** A load port in virtual time: the clock jumps from event to event. */
export interface VirtualPort extends LoadPort {
  /** Processes events until nothing is left or `until` is true; it is asked after every instant. */
  run(until?: () => boolean): void;
  /** The counters that the served endpoint shows under /metrics. */
  counters(): EngineSnapshot;
  /** True power of each of its devices; seconds are this port's. */
  readonly power: PowerTrace;
}

/**
 * A simulated device as a load port in virtual time. Stamps are exact (bound 0), a chunk carries what a step gave.
 * A request sent at the instant at which a step ends joins the next step (without the `frontend` effect).
 */
export function createVirtualPort(device: SimulatedDevice, options: VirtualPortOptions = {}): VirtualPort {
  const loop = new EngineLoop<VirtualRequest>(device, options.startsAt ?? 0);

  const keys = prefixKeys(options.cachedTokens ?? 0, device.blockSize);
  const send = (spec: RequestSpec, ended: (timeline: RequestTimeline) => void): (() => void) => {
    const request = new VirtualRequest(spec, loop.now, loop.queuedAt(loop.now), keys, ended);
    if (spec.inputTokens + spec.outputTokens > device.maxLengthTokens) {
      loop.at(loop.now, () => request.end(loop.now, tooLong(device.maxLengthTokens)));
      return () => {};
    }
    const sequence = loop.submit(request);
    request.sequence = sequence;
    return () => {
      if (request.done) return;
      loop.engine.abort(sequence);
      loop.at(loop.now, () => request.end(loop.now, { state: 'aborted' }));
    };
  };

  return {
    now: () => loop.now,
    at: (time, wake) => loop.at(time, wake),
    send,
    run(until = () => false) {
      while (!until()) {
        const instant = loop.nextInstant();
        if (instant === Number.POSITIVE_INFINITY) return;
        loop.runInstant(instant);
      }
    },
    counters: () => loop.snapshot(),
    power: loop.power,
  };
}

/** Keys of the blocks that all prompts share; a prompt's own blocks are like no other's. */
function prefixKeys(tokens: number, blockSize: number): readonly number[] | null {
  const blocks = Math.floor(tokens / blockSize);
  return blocks === 0 ? null : Array.from({ length: blocks }, (_, block) => block + 1);
}

class VirtualRequest implements LoopRequest {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly arrivedAt: number;
  readonly queuedAt: number;
  readonly blockKeys: readonly number[] | null;
  sequence: Sequence<VirtualRequest> | null = null;
  readonly #spec: RequestSpec;
  readonly #stamps: number[] = [];
  /** Of each stamp. */
  readonly #tokens: number[] = [];
  #ended: ((timeline: RequestTimeline) => void) | null;

  constructor(
    spec: RequestSpec,
    arrivedAt: number,
    queuedAt: number,
    blockKeys: readonly number[] | null,
    ended: (timeline: RequestTimeline) => void,
  ) {
    this.promptTokens = spec.inputTokens;
    this.outputTokens = spec.outputTokens;
    this.arrivedAt = arrivedAt;
    this.queuedAt = queuedAt;
    this.blockKeys = blockKeys;
    this.#spec = spec;
    this.#ended = ended;
  }

  get done(): boolean {
    return this.#ended === null;
  }

  deliver(at: number, last: boolean): void {
    if (this.#ended === null) return;
    if (this.#stamps.at(-1) === at) this.#tokens[this.#stamps.length - 1]! += 1;
    else {
      this.#stamps.push(at);
      this.#tokens.push(1);
    }
    if (last) this.end(at, { state: 'completed', finish_reason: 'length' });
  }

  /** Tells the sender, once. */
  end(at: number, outcome: RequestOutcome): void {
    const ended = this.#ended;
    this.#ended = null;
    ended?.(this.#timeline(at, outcome));
  }

  #timeline(at: number, outcome: RequestOutcome): RequestTimeline {
    const spec = this.#spec;
    const stamps = this.#stamps;
    const first = stamps[0] ?? null;
    const { ones, zeros } = constantColumns(stamps.length);
    const produced = this.#tokens.reduce((sum, tokens) => sum + tokens, 0);
    const usage = {
      prompt_tokens: spec.inputTokens,
      completion_tokens: produced,
      cached_tokens: this.sequence?.cachedTokens ?? 0,
    };
    return {
      sequence: spec.sequence,
      stream: spec.stream,
      role: spec.role,
      input_tokens: spec.inputTokens,
      output_tokens: spec.outputTokens,
      scheduled_s: spec.scheduledAt,
      sent_s: this.arrivedAt,
      first_byte_s: first,
      chunks: { at_s: stamps, tokens: produced === stamps.length ? ones : this.#tokens, bound_s: zeros },
      usage: outcome.state === 'completed' ? usage : null,
      tokens_counted_by: 'server',
      ended_s: at,
      outcome,
      first_choices_s: first,
    };
  }
}

const tooLong = (limit: number): RequestOutcome => ({
  state: 'failed',
  kind: 'http_status',
  message: `the request is longer than the model's maximum of ${limit} tokens`,
  http_status: 400,
});

interface ConstantColumns {
  readonly ones: readonly number[];
  readonly zeros: readonly number[];
}

/** Ones and zeros are the same for every request of a length: one frozen array serves them all. */
const columnsByLength = new Map<number, ConstantColumns>();

function constantColumns(length: number): ConstantColumns {
  let found = columnsByLength.get(length);
  if (found === undefined) {
    const filled = (value: number): readonly number[] => Object.freeze(new Array<number>(length).fill(value));
    found = { ones: filled(1), zeros: filled(0) };
    columnsByLength.set(length, found);
  }
  return found;
}
