import type { Dispatcher } from 'undici';
import type { RequestSpec } from '../load/port.ts';
import type { RequestOutcome, RequestTimeline } from '../measure/timeline.ts';
import { failed, httpFailure, transportFailure } from './failure.ts';
import type { Stamp, StampClock } from './stamp-clock.ts';
import { TokenStream } from './token-stream.ts';

/** Bytes that are kept of an answer that is no event stream, for its message. */
const LONGEST_ERROR_BYTES = 64 * 1024;

/**
 * One request as undici tells of it: stamps first, everything else after all sockets of the turn have been read.
 * `ended` is called exactly once, later.
 */
export class StreamRequest implements Dispatcher.DispatchHandler {
  readonly #spec: RequestSpec;
  readonly #clock: StampClock;
  readonly #ended: (timeline: RequestTimeline) => void;
  readonly #stream = new TokenStream();
  #controller: Dispatcher.DispatchController | null = null;
  #sentAt: number;
  #firstByteAt: number | null = null;
  #status: number | null = null;
  #isEventStream = false;
  #errorBody = '';
  readonly #stallSeconds: number;
  readonly #timer: NodeJS.Timeout;
  /** Runs from the first token on. */
  #stallTimer: NodeJS.Timeout | null = null;
  #lastByteAt = 0;
  /** Set once the request is over for us; what undici still says is dropped. */
  #settled = false;

  constructor(
    spec: RequestSpec,
    clock: StampClock,
    limits: { readonly requestTimeoutSeconds: number; readonly stallTimeoutSeconds: number },
    ended: (timeline: RequestTimeline) => void,
  ) {
    this.#spec = spec;
    this.#clock = clock;
    this.#ended = ended;
    // Until the socket is there, the hand-over counts: a refused connection has no better time.
    this.#sentAt = clock.now();
    this.#timer = setTimeout(
      () => this.#giveUp(failed('timeout', `no end after ${limits.requestTimeoutSeconds} s`, this.#status)),
      milliseconds(limits.requestTimeoutSeconds),
    );
    this.#stallSeconds = limits.stallTimeoutSeconds;
  }

  abort(): void {
    this.#giveUp({ state: 'aborted' });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('aborted'));
    else this.#sentAt = this.#clock.now();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    this.#firstByteAt = this.#clock.stamp().at_s;
    this.#status = status;
    this.#isEventStream =
      status === 200 && String(headers['content-type'] ?? '').includes('text/event-stream');
  }

  onResponseData(_: Dispatcher.DispatchController, bytes: Buffer): void {
    const stamp = this.#clock.stamp();
    this.#clock.defer(() => this.#data(bytes, stamp));
  }

  onResponseEnd(): void {
    const { at_s } = this.#clock.stamp();
    this.#clock.defer(() => this.#settle(this.#outcome(), at_s));
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const at = this.#clock.now();
    this.#clock.defer(() => {
      const own = this.#stream.failure;
      this.#settle(
        own ? failed(own.kind, own.message, this.#status) : transportFailure(error, this.#status),
        at,
      );
    });
  }

  #data(bytes: Buffer, stamp: Stamp): void {
    if (this.#settled) return;
    this.#lastByteAt = stamp.at_s;
    // A proxy in front of vLLM may name another type, so the first bytes decide where the header does not.
    this.#isEventStream ||= this.#status === 200 && this.#errorBody === '' && beginsWithEvent(bytes);
    if (this.#isEventStream) this.#stream.feed(bytes, stamp);
    else if (this.#errorBody.length < LONGEST_ERROR_BYTES) this.#errorBody += bytes.toString('utf8');
    if (this.#stallTimer === null && this.#stream.hasTokens) this.#watchForStall(this.#stallSeconds);
  }

  /** One timer a stall limit instead of one a chunk: where bytes came meanwhile it waits for what is left. */
  #watchForStall(seconds: number): void {
    // What was read in the turn in which the timer fires still counts.
    this.#stallTimer = setTimeout(() => this.#clock.defer(() => this.#checkStall()), milliseconds(seconds));
  }

  #checkStall(): void {
    if (this.#settled) return;
    const left = this.#stallSeconds - (this.#clock.now() - this.#lastByteAt);
    if (left > 0) this.#watchForStall(left);
    else this.#giveUp(failed('timeout', `stalled: no byte for ${this.#stallSeconds} s`, this.#status));
  }

  #outcome(): RequestOutcome {
    if (this.#status !== 200) return httpFailure(this.#status ?? 0, this.#errorBody);
    if (!this.#isEventStream) {
      return failed('protocol', `the answer is no event stream: ${this.#errorBody.slice(0, 80)}`, 200);
    }
    const end = this.#stream.end();
    if ('failure' in end) return failed(end.failure.kind, end.failure.message, 200);
    return { state: 'completed', finish_reason: end.finishReason };
  }

  #giveUp(outcome: RequestOutcome): void {
    if (this.#settled) return;
    const at = this.#clock.now();
    // What was read in this turn is parsed first: deferred work runs in order.
    this.#clock.defer(() => {
      this.#settle(outcome, at);
      this.#controller?.abort(new Error(outcome.state));
    });
  }

  #settle(outcome: RequestOutcome, endedAt: number): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    if (this.#stallTimer !== null) clearTimeout(this.#stallTimer);
    const { sequence, stream, role, inputTokens, outputTokens, scheduledAt } = this.#spec;
    this.#ended({
      sequence,
      stream,
      role,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      scheduled_s: scheduledAt,
      sent_s: this.#sentAt,
      first_byte_s: this.#firstByteAt,
      ended_s: endedAt,
      outcome,
      ...this.#stream.columns(),
    });
  }
}

/** Longest delay that a timer of Node can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const milliseconds = (seconds: number): number => Math.min(LONGEST_TIMER_MS, Math.ceil(1000 * seconds));

const beginsWithEvent = (bytes: Buffer): boolean =>
  /^\s*(?:data|event|id|retry)?:/.test(bytes.subarray(0, 64).toString('utf8'));
