import type { RequestSpec } from '../load/port.ts';
import type { RequestOutcome, RequestTimeline } from '../measure/timeline.ts';
import type { Backlog } from './backlog.ts';
import type { AnswerHandler, Connection } from './connection.ts';
import { failed, httpFailure, transportFailure } from './failure.ts';
import type { ResponseHead } from './http-head.ts';
import type { Stamp, StampClock } from './stamp-clock.ts';
import { TokenStream } from './token-stream.ts';

/** Bytes that are kept of an answer that is no event stream, for its message. */
const LONGEST_ERROR_BYTES = 64 * 1024;

export interface RequestLimits {
  readonly requestTimeoutSeconds: number;
  /** Silence after the first token that ends a request. */
  readonly stallTimeoutSeconds: number;
}

/** One request from its sending to its timeline. `ended` is called exactly once, later. */
export class StreamRequest implements AnswerHandler {
  readonly #spec: RequestSpec;
  readonly #clock: StampClock;
  readonly #backlog: Backlog;
  readonly #connection: Connection;
  readonly #ended: (timeline: RequestTimeline) => void;
  readonly #stream = new TokenStream();
  #sentAt: number;
  #firstByteAt: number | null = null;
  #status: number | null = null;
  #isEventStream = false;
  /** A content coding that nobody asked for. */
  #coding: string | null = null;
  #retryAfter: string | undefined;
  #errorBody = '';
  readonly #stallSeconds: number;
  readonly #timer: NodeJS.Timeout;
  /** Runs from the first token on. */
  #stallTimer: NodeJS.Timeout | null = null;
  #lastByteAt = 0;
  /** Set once the request is over. */
  #settled = false;

  constructor(
    spec: RequestSpec,
    { clock, backlog }: { readonly clock: StampClock; readonly backlog: Backlog },
    connection: Connection,
    limits: RequestLimits,
    ended: (timeline: RequestTimeline) => void,
  ) {
    this.#spec = spec;
    this.#clock = clock;
    this.#backlog = backlog;
    this.#connection = connection;
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

  sent(at_s: number): void {
    this.#sentAt = at_s;
  }

  head({ status, headers }: ResponseHead, stamp: Stamp): void {
    this.#firstByteAt = stamp.at_s;
    this.#status = status;
    this.#isEventStream = status === 200 && (headers.get('content-type') ?? '').includes('text/event-stream');
    const coding = headers.get('content-encoding') ?? 'identity';
    if (coding !== 'identity') this.#coding = coding;
    this.#retryAfter = headers.get('retry-after');
  }

  end(stamp: Stamp): void {
    this.#settle(this.#outcome(), stamp.at_s);
  }

  failed(error: Error, at_s: number): void {
    const own = this.#stream.failure;
    const outcome = own ? failed(own.kind, own.message, this.#status) : transportFailure(error, this.#status);
    this.#settle(outcome, at_s);
  }

  body(text: string, stamp: Stamp): void {
    if (this.#settled || this.#coding !== null) return;
    this.#lastByteAt = stamp.at_s;
    // A proxy in front of vLLM may name another type, so the first bytes decide where the header does not.
    this.#isEventStream ||= this.#status === 200 && this.#errorBody === '' && beginsWithEvent(text);
    if (this.#isEventStream) this.#stream.feed(text, stamp);
    else if (this.#errorBody.length < LONGEST_ERROR_BYTES) this.#errorBody += text;
    // What follows garbage is not read, so it need not end.
    const broken = this.#stream.failure;
    if (broken?.kind === 'protocol') this.#giveUp(failed(broken.kind, broken.message, this.#status));
    if (this.#stallTimer === null && this.#stream.hasTokens) this.#watchForStall(this.#stallSeconds);
  }

  /** One timer a stall limit instead of one a chunk: where bytes came meanwhile it waits for what is left. */
  #watchForStall(seconds: number): void {
    // What was read in the turn in which the timer fires still counts.
    this.#stallTimer = setTimeout(
      () =>
        this.#backlog.soon(() => {
          this.#connection.parse();
          this.#checkStall();
        }),
      milliseconds(seconds),
    );
  }

  #checkStall(): void {
    if (this.#settled) return;
    const left = this.#stallSeconds - (this.#clock.now() - this.#lastByteAt);
    if (left > 0) this.#watchForStall(left);
    else this.#giveUp(failed('timeout', `stalled: no byte for ${this.#stallSeconds} s`, this.#status));
  }

  #outcome(): RequestOutcome {
    const body = this.#coding === null ? utf8(this.#errorBody) : `a body in ${this.#coding} coding`;
    if (this.#status !== 200) return httpFailure(this.#status ?? 0, body, this.#retryAfter);
    if (this.#coding !== null)
      return failed('protocol', `the answer has content coding ${this.#coding}, which nobody asked for`, 200);
    if (!this.#isEventStream) {
      return failed('protocol', `the answer is no event stream: ${body.slice(0, 80)}`, 200);
    }
    const end = this.#stream.end();
    if ('failure' in end) return failed(end.failure.kind, end.failure.message, 200);
    return { state: 'completed', finish_reason: end.finishReason };
  }

  #giveUp(outcome: RequestOutcome): void {
    if (this.#settled) return;
    const at = this.#clock.now();
    this.#backlog.soon(() => {
      // What was read before, and in this turn, still counts.
      this.#connection.parse();
      this.#settle(outcome, at);
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

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

const beginsWithEvent = (text: string): boolean => /^\s*(?:data|event|id|retry)?:/.test(text);
