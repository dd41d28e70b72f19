import type { PrefillChunk, StepLoad } from '../roofline/step.ts';
import { EngineMetrics } from './engine-metrics.ts';
import { KvBlocks } from './kv-blocks.ts';
import { type EngineRequest, Sequence } from './sequence.ts';

export interface EngineLimits {
  readonly maxNumBatchedTokens: number;
  readonly maxNumSeqs: number;
  readonly kvCapacityTokens: number;
  readonly blockSize: number;
}

/** A step as planned: what it computes, and when. */
export interface Step extends StepLoad {
  readonly begin: number;
  readonly end: number;
}

/** What a finished step gave. The arrays are reused: read them before the next step is planned. */
export interface StepOutcome<R extends EngineRequest> {
  readonly at: number;
  /** Every sequence here gained one token. */
  readonly produced: readonly Sequence<R>[];
}

export interface EngineOptions {
  readonly limits: EngineLimits;
  /** Seconds that a step takes. */
  readonly stepSeconds: (load: StepLoad) => number;
  /** Seconds between the sampling of a first token and its delivery, while the sequence pauses. */
  readonly firstTokenSeconds: number;
}

/**
 * vLLM's v1 scheduler as a synchronous state machine: no clock, no I/O. Callers plan a step at a time, wait until its end
 * by whatever clock they have, and finish it. Running sequences come first (decodes before the one unfinished prompt,
 * since admission is first in, first out), then waiting ones, while token budget, seats and KV blocks last. When a running
 * sequence finds no block, the most recently admitted one is preempted and computed again later.
 */
export class Engine<R extends EngineRequest> {
  readonly metrics = new EngineMetrics();
  readonly kv: KvBlocks;
  readonly #options: EngineOptions;
  readonly #running: Sequence<R>[] = [];
  readonly #waiting: Sequence<R>[] = [];
  readonly #produced: Sequence<R>[] = [];
  #step: Step | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.kv = new KvBlocks(options.limits.kvCapacityTokens, options.limits.blockSize);
  }

  get running(): number {
    return this.#running.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get busy(): boolean {
    return this.#step !== null;
  }

  /** Most tokens, prompt and output together, that one request can ever hold. */
  get capacityTokens(): number {
    return this.kv.total * this.kv.blockSize;
  }

  /**
   * Queues a request, in order of `queuedAt`.
   * @throws RangeError when it could never fit the KV cache, or asks for no token
   */
  submit(request: R): Sequence<R> {
    const { promptTokens, outputTokens } = request;
    if (promptTokens < 1 || outputTokens < 1) throw new RangeError('a request needs a prompt and an output');
    if (promptTokens + outputTokens > this.capacityTokens) {
      throw new RangeError(
        `${promptTokens} + ${outputTokens} tokens do not fit the KV cache of ${this.capacityTokens} tokens`,
      );
    }
    const sequence = new Sequence(request);
    let place = this.#waiting.length;
    while (place > 0 && this.#waiting[place - 1]!.request.queuedAt > request.queuedAt) place -= 1;
    this.#waiting.splice(place, 0, sequence);
    return sequence;
  }

  /** Ends a request early. One that is part of the step in progress keeps its blocks until that step ends. */
  abort(sequence: Sequence<R>): void {
    if (sequence.aborted || sequence.finished) return;
    sequence.aborted = true;
    this.metrics.request_success.abort += 1;
    const waiting = this.#waiting.indexOf(sequence);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    else if (this.#step === null || sequence.scheduled === 0) this.#dropFinished();
  }

  /** Plans the step that begins at `now`; null when nothing can run yet (see `wakeAt`). */
  planStep(now: number): Step | null {
    if (this.#step !== null) throw new Error('the step in progress was not finished');
    const plan: MutablePlan = {
      now,
      budget: this.#options.limits.maxNumBatchedTokens,
      prefills: [],
      decodes: 0,
      context: 0,
    };
    const preempted = this.#planRunning(plan);
    // A step that had to preempt admits nobody, or the blocks just won would be lost again at once.
    if (!preempted) this.#planWaiting(plan);
    if (plan.decodes === 0 && plan.prefills.length === 0) return null;
    const load: StepLoad = {
      prefills: plan.prefills,
      decodes: plan.decodes,
      decodeContext: plan.decodes === 0 ? 0 : plan.context / plan.decodes,
    };
    const seconds = this.#options.stepSeconds(load);
    if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`a step of ${seconds} s: check the device's parameters and the model card`);
    }
    this.#step = { ...load, begin: now, end: now + seconds };
    return this.#step;
  }

  /** When an engine that found nothing to run at `now` may find something: Infinity without requests. */
  wakeAt(now: number): number {
    let wake = Number.POSITIVE_INFINITY;
    const consider = (time: number): void => {
      if (time > now && time < wake) wake = time;
    };
    const head = this.#waiting[0];
    if (head !== undefined) consider(Math.max(head.request.queuedAt, head.readyAt));
    for (const sequence of this.#running) consider(sequence.readyAt);
    return wake;
  }

  /** Ends the step in progress: advances its sequences, and frees those that are done. */
  finishStep(): StepOutcome<R> {
    const step = this.#step;
    if (step === null) throw new Error('no step is in progress');
    this.#step = null;
    const produced = this.#produced;
    produced.length = 0;
    let ended = false;
    for (const sequence of this.#running) {
      sequence.computed += sequence.scheduled;
      if (sequence.scheduled > 0 && !sequence.aborted && sequence.computed === sequence.known) {
        produced.push(sequence);
      }
      sequence.scheduled = 0;
    }
    this.#sample(step);
    for (const sequence of this.#running) ended ||= sequence.finished || sequence.aborted;
    if (ended) this.#dropFinished();
    return { at: step.end, produced };
  }

  /** Gives every sequence in `produced` its next token, and keeps the books. */
  #sample(step: Step): void {
    const { metrics } = this;
    const shared = step.end - step.begin;
    let sharedGaps = 0;
    let tokens = 0;
    for (const sequence of this.#produced) {
      sequence.generated += 1;
      sequence.known += 1;
      tokens += 1;
      if (sequence.generated === 1) {
        const delivered = step.end + this.#options.firstTokenSeconds;
        metrics.firstToken(sequence, step.end, delivered);
        sequence.firstTokenAt = delivered;
        sequence.lastTokenAt = delivered;
        sequence.readyAt = delivered;
        tokens += sequence.request.promptTokens;
      } else {
        if (sequence.lastTokenAt === step.begin) sharedGaps += 1;
        else metrics.inter_token_latency.observe(step.end - sequence.lastTokenAt);
        sequence.lastTokenAt = step.end;
      }
      if (sequence.finished) metrics.finished(sequence);
    }
    if (sharedGaps > 0) metrics.inter_token_latency.observe(shared, sharedGaps);
    metrics.generation_tokens += this.#produced.length;
    if (tokens > 0) metrics.iteration_tokens_total.observe(tokens);
  }

  #planRunning(plan: MutablePlan): boolean {
    const { kv } = this;
    const running = this.#running;
    let preempted = false;
    for (let index = 0; index < running.length && plan.budget > 0; index += 1) {
      const sequence = running[index]!;
      if (sequence.readyAt > plan.now) continue;
      const tokens = Math.min(sequence.known - sequence.computed, plan.budget);
      while (!kv.grow(sequence, sequence.computed + tokens)) {
        preempted = true;
        const victim = running.pop()!;
        this.#preempt(victim);
        if (victim === sequence) return true;
      }
      schedule(plan, kv, sequence, tokens);
    }
    return preempted;
  }

  #planWaiting(plan: MutablePlan): void {
    const { kv, metrics } = this;
    while (plan.budget > 0 && this.#running.length < this.#options.limits.maxNumSeqs) {
      const sequence = this.#waiting[0];
      if (sequence === undefined || sequence.request.queuedAt > plan.now || sequence.readyAt > plan.now)
        return;
      const cached = kv.cachedTokens(sequence);
      if (!kv.fits(sequence, cached)) return;
      this.#waiting.shift();
      this.#running.push(sequence);
      kv.adopt(sequence, cached);
      sequence.computed = cached;
      if (sequence.firstScheduledAt < 0) {
        sequence.firstScheduledAt = plan.now;
        sequence.cachedTokens = cached;
        if (sequence.request.blockKeys !== null) {
          metrics.prefix_cache_queries += sequence.request.promptTokens;
          metrics.prefix_cache_hits += cached;
        }
      }
      const tokens = Math.min(sequence.known - cached, plan.budget);
      kv.grow(sequence, cached + tokens);
      schedule(plan, kv, sequence, tokens);
    }
  }

  #preempt(sequence: Sequence<R>): void {
    this.kv.free(sequence);
    sequence.computed = 0;
    sequence.scheduled = 0;
    sequence.preemptions += 1;
    this.metrics.num_preemptions += 1;
    this.#waiting.unshift(sequence);
  }

  #dropFinished(): void {
    const running = this.#running;
    let kept = 0;
    for (const sequence of running) {
      if ((sequence.finished || sequence.aborted) && sequence.scheduled === 0) this.kv.free(sequence);
      else running[kept++] = sequence;
    }
    running.length = kept;
  }
}

interface MutablePlan {
  readonly now: number;
  budget: number;
  readonly prefills: PrefillChunk[];
  decodes: number;
  /** Sum of the decodes' KV lengths, the token computed in this step included. */
  context: number;
}

function schedule(plan: MutablePlan, kv: KvBlocks, sequence: Sequence<EngineRequest>, tokens: number): void {
  sequence.scheduled = tokens;
  plan.budget -= tokens;
  if (sequence.generated > 0 && sequence.known - sequence.computed === 1) {
    plan.decodes += 1;
    plan.context += sequence.known;
    return;
  }
  const context = sequence.computed;
  plan.prefills.push({ tokens, context, completes: context + tokens === sequence.known });
  kv.publish(sequence, context + tokens);
}
