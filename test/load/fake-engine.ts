import type { LoadPort, RequestSpec } from '../../src/load/port.ts';
import type { RequestOutcome, RequestTimeline } from '../../src/measure/timeline.ts';

/** Times of a made-up engine, s: one step serves every running request; a prompt stretches the step that takes it. */
export interface FakeEngineOptions {
  readonly stepBase: number;
  readonly stepPerRunning: number;
  readonly prefillPerToken: number;
  /** Prompt tokens that one step takes at most; whole prompts, but always one. */
  readonly promptTokensPerStep: number;
  readonly startAt?: number;
  /** Times, ascending: the first step that begins at or after each takes so much longer, as one that is compiled. */
  readonly stalls?: readonly number[];
  readonly stallSeconds?: number;
  /** Requests (by sequence) that fail at once, as a server that answers 429 does. */
  readonly fails?: (spec: RequestSpec) => boolean;
}

interface Job {
  readonly spec: RequestSpec;
  readonly ended: (timeline: RequestTimeline) => void;
  readonly stamps: number[];
  readonly sentAt: number;
}

/** Continuous batching in virtual time, first come first served. Deterministic. */
export class FakeEngine implements LoadPort {
  readonly sent: RequestSpec[] = [];
  readonly aborted: number[] = [];
  #now: number;
  #serial = 0;
  #stepping = false;
  #queue: { time: number; serial: number; wake: () => void }[] = [];
  #waiting: Job[] = [];
  #running: Job[] = [];
  #stalled = 0;
  readonly #options: FakeEngineOptions;

  constructor(options: FakeEngineOptions) {
    this.#options = options;
    this.#now = options.startAt ?? 0;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, wake: () => void): () => void {
    const event = { time: Math.max(time, this.#now), serial: this.#serial++, wake };
    // Kept sorted; the queue is short: a timer a stream and one step.
    let index = this.#queue.length;
    while (index > 0 && later(this.#queue[index - 1]!, event)) index -= 1;
    this.#queue.splice(index, 0, event);
    return () => {
      this.#queue = this.#queue.filter((other) => other !== event);
    };
  }

  send(spec: RequestSpec, ended: (timeline: RequestTimeline) => void): () => void {
    this.sent.push(spec);
    const job = { spec, ended, stamps: [], sentAt: this.#now };
    if (this.#options.fails?.(spec)) {
      const failed = { state: 'failed', kind: 'http_status', message: '429', http_status: 429 } as const;
      this.at(this.#now + 0.001, () => ended(this.#timeline(job, failed)));
      return () => {};
    }
    this.#waiting.push(job);
    this.#wake();
    return () => this.#abort(job);
  }

  /** Runs until nothing is left to do; throws when that takes too many events. */
  run(mostEvents = 2_000_000): void {
    for (let events = 0; this.#queue.length > 0; events++) {
      if (events > mostEvents) throw new Error('the fake engine never came to rest');
      const event = this.#queue.shift()!;
      this.#now = event.time;
      event.wake();
    }
  }

  #wake(): void {
    if (this.#stepping || this.#waiting.length + this.#running.length === 0) return;
    this.#stepping = true;
    // Zero delay: what is sent at the end of a step takes part in the next one.
    this.at(this.#now, () => this.#step());
  }

  #step(): void {
    const { stepBase, stepPerRunning, prefillPerToken } = this.#options;
    const promptTokens = this.#admit();
    const seconds =
      stepBase + stepPerRunning * this.#running.length + prefillPerToken * promptTokens + this.#stall();
    this.at(this.#now + seconds, () => {
      for (const job of this.#running) job.stamps.push(this.#now);
      const finished = this.#running.filter((job) => job.stamps.length >= job.spec.outputTokens);
      this.#running = this.#running.filter((job) => job.stamps.length < job.spec.outputTokens);
      for (const job of finished) {
        job.ended(this.#timeline(job, { state: 'completed', finish_reason: 'length' }));
      }
      this.#stepping = false;
      this.#wake();
    });
  }

  #stall(): number {
    const { stalls = [], stallSeconds = 0 } = this.#options;
    const next = stalls[this.#stalled];
    if (next === undefined || this.#now < next) return 0;
    this.#stalled += 1;
    return stallSeconds;
  }

  /** Moves waiting requests into the batch; returns their prompt tokens. */
  #admit(): number {
    let tokens = 0;
    while (this.#waiting.length > 0) {
      const next = this.#waiting[0]!.spec.inputTokens;
      if (tokens > 0 && tokens + next > this.#options.promptTokensPerStep) break;
      tokens += next;
      this.#running.push(this.#waiting.shift()!);
    }
    return tokens;
  }

  #abort(job: Job): void {
    if (![...this.#waiting, ...this.#running].includes(job)) return;
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#running = this.#running.filter((other) => other !== job);
    this.aborted.push(job.spec.sequence);
    job.ended(this.#timeline(job, { state: 'aborted' }));
  }

  #timeline(job: Job, outcome: RequestOutcome): RequestTimeline {
    const { spec, stamps } = job;
    return {
      sequence: spec.sequence,
      stream: spec.stream,
      role: spec.role,
      input_tokens: spec.inputTokens,
      output_tokens: spec.outputTokens,
      scheduled_s: spec.scheduledAt,
      sent_s: job.sentAt,
      first_byte_s: stamps[0] ?? null,
      first_choices_s: stamps[0] ?? null,
      chunks: { at_s: stamps, tokens: stamps.map(() => 1), bound_s: stamps.map(() => 0) },
      usage:
        outcome.state === 'completed'
          ? { prompt_tokens: spec.inputTokens, completion_tokens: stamps.length, cached_tokens: 0 }
          : null,
      tokens_counted_by: 'server',
      ended_s: this.#now,
      outcome,
    };
  }
}

const later = (a: { time: number; serial: number }, b: { time: number; serial: number }): boolean =>
  a.time > b.time || (a.time === b.time && a.serial > b.serial);

/** About Llama-3.1-70B FP8 on four H100. */
export const H100_LIKE: FakeEngineOptions = {
  stepBase: 0.008,
  stepPerRunning: 0.00006,
  prefillPerToken: 0.000045,
  promptTokensPerStep: 8192,
};
