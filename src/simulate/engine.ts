import type { StepLoad } from '../roofline/step.ts';
import { EngineMetrics } from './engine-metrics.ts';
import type { KvBlocks } from './kv-blocks.ts';
import { type EngineLimits, Scheduler } from './scheduler.ts';
import { type EngineRequest, Sequence } from './sequence.ts';

/** A step as planned: what it computes, and when. */
export interface Step extends StepLoad {
  readonly begin: number;
  readonly end: number;
}

/** What a finished step gave. The array is reused: read it before the next step is finished. */
export interface StepOutcome<R extends EngineRequest> {
  readonly at: number;
  /** Every sequence here gained a token, or `gained` ones. */
  readonly produced: readonly Sequence<R>[];
}

export interface EngineOptions {
  readonly limits: EngineLimits;
  /** Seconds that a step takes. */
  readonly stepSeconds: (load: StepLoad) => number;
  /** How many of a sequence's proposed tokens are accepted in a step; absent: none are proposed. */
  readonly acceptedTokens?: (() => number) | undefined;
  /** Called with each step when it begins. */
  readonly planned?: (step: Step) => void;
}

/**
 * An inference engine as a synchronous state machine: no clock, no I/O. Callers plan a step at a time, wait until its end
 * by whatever clock they have, and finish it. The rules by which requests share steps are the scheduler's.
 */
export class Engine<R extends EngineRequest> {
  readonly metrics = new EngineMetrics();
  readonly #options: EngineOptions;
  readonly #scheduler: Scheduler<R>;
  readonly #produced: Sequence<R>[] = [];
  #step: Step | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#scheduler = new Scheduler(options.limits, this.metrics);
  }

  get kv(): KvBlocks {
    return this.#scheduler.kv;
  }

  get running(): number {
    return this.#scheduler.running.length;
  }

  /** Requests in the queue at `now`; those on their way to it are not. */
  waitingAt(now: number): number {
    return this.#scheduler.waiting.filter((sequence) => sequence.request.queuedAt <= now).length;
  }

  /**
   * Queues a request, in order of `queuedAt`.
   * @throws RangeError when it could never fit the KV cache, or asks for no token
   */
  submit(request: R): Sequence<R> {
    const { promptTokens, outputTokens } = request;
    if (promptTokens < 1 || outputTokens < 1) throw new RangeError('a request needs a prompt and an output');
    const capacity = this.kv.total * this.kv.blockSize;
    if (promptTokens + outputTokens > capacity) {
      throw new RangeError(
        `${promptTokens} + ${outputTokens} tokens do not fit the KV cache of ${capacity} tokens`,
      );
    }
    const sequence = new Sequence(request);
    this.#scheduler.enqueue(sequence);
    return sequence;
  }

  /** Ends a request early. One that is part of the step in progress keeps its blocks until that step ends. */
  abort(sequence: Sequence<R>): void {
    if (sequence.aborted || sequence.finished) return;
    sequence.aborted = true;
    this.metrics.request_success.abort += 1;
    if (!this.#scheduler.withdraw(sequence)) this.#scheduler.dropEnded();
  }

  /** Frees the blocks that a finished sequence kept. */
  release(sequence: Sequence<R>): void {
    this.#scheduler.release(sequence);
  }

  /** Plans the step that begins at `now`; null when nothing can run yet (see `wakeAt`). */
  planStep(now: number): Step | null {
    if (this.#step !== null) throw new Error('the step in progress was not finished');
    const load = this.#scheduler.plan(now);
    if (load === null) return null;
    const seconds = this.#options.stepSeconds(load);
    if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`a step of ${seconds} s: check the device's parameters and the model card`);
    }
    this.#step = { ...load, begin: now, end: now + seconds };
    this.#options.planned?.(this.#step);
    return this.#step;
  }

  /** When an engine that found nothing to run at `now` may find something: Infinity without requests. */
  wakeAt(now: number): number {
    return this.#scheduler.wakeAt(now);
  }

  /** Ends the step in progress: advances its sequences, and frees those that are done. */
  finishStep(): StepOutcome<R> {
    const step = this.#step;
    if (step === null) throw new Error('no step is in progress');
    this.#step = null;
    this.#advance();
    this.#sample(step);
    if (this.#scheduler.running.some((sequence) => sequence.finished || sequence.aborted)) {
      this.#scheduler.dropEnded();
    }
    return { at: step.end, produced: this.#produced };
  }

  /** Moves every sequence past what was computed, and finds those that sample a token. */
  #advance(): void {
    const produced = this.#produced;
    produced.length = 0;
    for (const sequence of this.#scheduler.running) {
      sequence.computed += sequence.scheduled;
      if (sequence.scheduled > 0 && !sequence.aborted && sequence.computed === sequence.known) {
        produced.push(sequence);
      }
      sequence.scheduled = 0;
    }
  }

  /** Gives every sequence in `produced` its next token, and keeps the books. */
  #sample(step: Step): void {
    const { metrics } = this;
    let tokens = this.#produced.length;
    let generated = tokens;
    let wholeStepGaps = 0;
    for (const sequence of this.#produced) {
      const accepted = this.#accepted(sequence);
      generated += accepted;
      tokens += accepted;
      sequence.gained = 1 + accepted;
      sequence.generated += sequence.gained;
      sequence.known += sequence.gained;
      sequence.computed += accepted;
      if (sequence.firstTokenAt < 0) {
        this.#firstToken(sequence, step.end);
        tokens += sequence.request.promptTokens;
      } else {
        if (sequence.lastTokenAt === step.begin) wholeStepGaps += 1;
        else metrics.inter_token_latency.observe(step.end - sequence.lastTokenAt);
        sequence.lastTokenAt = step.end;
      }
      if (sequence.finished) metrics.finished(sequence);
    }
    if (wholeStepGaps > 0) metrics.inter_token_latency.observe(step.end - step.begin, wholeStepGaps);
    metrics.generation_tokens += generated;
    if (tokens > 0) metrics.iteration_tokens_total.observe(tokens);
  }

  /** Proposed tokens that a sequence keeps beside the one that every step gives it; no more than it still needs. */
  #accepted(sequence: Sequence<R>): number {
    const { acceptedTokens } = this.#options;
    if (acceptedTokens === undefined || sequence.drafted === 0) return 0;
    const { metrics } = this;
    const accepted = acceptedTokens();
    metrics.spec_decode_num_drafts += 1;
    metrics.spec_decode_num_draft_tokens += sequence.drafted;
    metrics.spec_decode_num_accepted_tokens += accepted;
    return Math.min(accepted, sequence.request.outputTokens - sequence.generated - 1);
  }

  #firstToken(sequence: Sequence<R>, sampledAt: number): void {
    this.metrics.firstToken(sequence, sampledAt);
    sequence.firstTokenAt = sampledAt;
    sequence.lastTokenAt = sampledAt;
  }
}
