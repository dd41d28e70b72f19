import type { PrefillChunk, StepLoad } from '../roofline/step.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import { KvBlocks } from './kv-blocks.ts';
import type { EngineRequest, Sequence } from './sequence.ts';

export interface EngineLimits {
  readonly maxNumBatchedTokens: number;
  readonly maxNumSeqs: number;
  readonly kvCapacityTokens: number;
  readonly blockSize: number;
  /** Tokens that are proposed for every decoding sequence in a step; absent: none. */
  readonly draftTokens?: number | undefined;
}

/** A step while it is being planned. */
interface Plan {
  readonly now: number;
  budget: number;
  readonly prefills: PrefillChunk[];
  decodes: number;
  /** Sum of the decodes' KV lengths, the token computed in this step included. */
  context: number;
}

/**
 * vLLM's v1 scheduling rules. Running sequences come first (decodes before the one unfinished prompt, since admission is
 * first in, first out), then waiting ones, while token budget, seats and KV blocks last. When a running sequence finds no
 * block, the most recently admitted one is preempted and computed again later.
 */
export class Scheduler<R extends EngineRequest> {
  /** In order of admission. */
  readonly running: Sequence<R>[] = [];
  /** In order of arrival in the queue, preempted ones first. */
  readonly waiting: Sequence<R>[] = [];
  readonly kv: KvBlocks;
  readonly #limits: EngineLimits;
  readonly #metrics: EngineMetrics;

  constructor(limits: EngineLimits, metrics: EngineMetrics) {
    this.#limits = limits;
    this.#metrics = metrics;
    this.kv = new KvBlocks(limits.kvCapacityTokens, limits.blockSize);
  }

  enqueue(sequence: Sequence<R>): void {
    const { waiting } = this;
    const { queuedAt } = sequence.request;
    let place = waiting.length;
    while (place > 0 && waiting[place - 1]!.request.queuedAt > queuedAt) place -= 1;
    waiting.splice(place, 0, sequence);
  }

  /** Takes a waiting sequence out; false when it runs. */
  withdraw(sequence: Sequence<R>): boolean {
    const place = this.waiting.indexOf(sequence);
    if (place >= 0) this.waiting.splice(place, 1);
    return place >= 0;
  }

  /** Chooses what the step that begins at `now` computes (`scheduled` of each sequence); null when nothing can run. */
  plan(now: number): StepLoad | null {
    const plan: Plan = {
      now,
      budget: this.#limits.maxNumBatchedTokens,
      prefills: [],
      decodes: 0,
      context: 0,
    };
    const preempted = this.#planRunning(plan);
    // A step that had to preempt admits nobody, or the blocks just won would be lost again at once.
    if (!preempted) this.#planWaiting(plan);
    const { prefills, decodes, context } = plan;
    if (decodes === 0 && prefills.length === 0) return null;
    return { prefills, decodes, decodeContext: decodes === 0 ? 0 : context / decodes };
  }

  /** When a plan that found nothing to run at `now` may find something: Infinity without requests. */
  wakeAt(now: number): number {
    let wake = Number.POSITIVE_INFINITY;
    const consider = (time: number): void => {
      if (time > now && time < wake) wake = time;
    };
    const head = this.waiting[0];
    if (head !== undefined) consider(head.request.queuedAt);
    return wake;
  }

  /** Frees finished and aborted sequences, but for those that a step in progress computes. */
  dropEnded(): void {
    const { running } = this;
    let kept = 0;
    for (const sequence of running) {
      if ((sequence.finished || sequence.aborted) && sequence.scheduled === 0) this.#end(sequence);
      else running[kept++] = sequence;
    }
    running.length = kept;
  }

  /** Frees the blocks of a finished sequence that kept them. */
  release(sequence: Sequence<R>): void {
    if (sequence.kept) this.kv.free(sequence);
    sequence.kept = false;
  }

  #end(sequence: Sequence<R>): void {
    sequence.kept = sequence.request.keepsBlocks === true && !sequence.aborted;
    if (!sequence.kept) this.kv.free(sequence);
  }

  /** @returns whether a sequence was preempted */
  #planRunning(plan: Plan): boolean {
    const { kv, running } = this;
    let preempted = false;
    for (let index = 0; index < running.length && plan.budget > 0; index += 1) {
      const sequence = running[index]!;
      const tokens = Math.min(sequence.known - sequence.computed, plan.budget);
      while (!kv.grow(sequence, sequence.computed + tokens + this.#drafted(sequence))) {
        preempted = true;
        const victim = running.pop()!;
        this.#preempt(victim);
        if (victim === sequence) return true;
      }
      this.#schedule(plan, sequence, tokens);
    }
    return preempted;
  }

  #planWaiting(plan: Plan): void {
    const { kv, waiting, running } = this;
    while (plan.budget > 0 && running.length < this.#limits.maxNumSeqs) {
      const sequence = waiting[0];
      if (sequence === undefined || sequence.request.queuedAt > plan.now) return;
      const cached = kv.cachedTokens(sequence);
      if (!kv.fits(sequence, cached)) return;
      waiting.shift();
      running.push(sequence);
      this.#admit(sequence, cached, plan.now);
      const { computed } = sequence;
      const tokens = Math.min(sequence.known - computed, plan.budget);
      kv.grow(sequence, computed + tokens);
      this.#schedule(plan, sequence, tokens);
    }
  }

  #admit(sequence: Sequence<R>, cached: number, now: number): void {
    this.kv.adopt(sequence, cached);
    sequence.computed = cached;
    if (sequence.firstScheduledAt >= 0) return;
    sequence.firstScheduledAt = now;
    sequence.cachedTokens = cached;
    this.#takeRemote(sequence);
    if (sequence.request.blockKeys === null) return;
    this.#metrics.prefix_cache_queries += sequence.request.promptTokens;
    this.#metrics.prefix_cache_hits += cached;
  }

  /** What came from another server counts as computed, but for the last token, which samples the first one. */
  #takeRemote(sequence: Sequence<R>): void {
    const { remoteTokens = 0, promptTokens } = sequence.request;
    if (remoteTokens === 0) return;
    sequence.externalTokens = Math.max(0, Math.min(remoteTokens, promptTokens - 1) - sequence.computed);
    sequence.computed += sequence.externalTokens;
    this.#metrics.external_prefix_cache_queries += promptTokens - sequence.cachedTokens;
    this.#metrics.external_prefix_cache_hits += sequence.externalTokens;
  }

  #schedule(plan: Plan, sequence: Sequence<R>, tokens: number): void {
    sequence.scheduled = tokens;
    sequence.drafted = this.#drafted(sequence);
    plan.budget -= tokens;
    if (sequence.generated > 0 && sequence.known - sequence.computed === 1) {
      plan.decodes += 1;
      plan.budget -= sequence.drafted;
      plan.context += sequence.known;
      return;
    }
    const context = sequence.computed;
    plan.prefills.push({ tokens, context, completes: context + tokens === sequence.known });
    this.kv.publish(sequence, context + tokens);
  }

  /** Tokens that are verified beside the next one of a decoding sequence. */
  #drafted({ generated, known, computed }: Sequence<R>): number {
    return generated > 0 && known - computed === 1 ? (this.#limits.draftTokens ?? 0) : 0;
  }

  #preempt(sequence: Sequence<R>): void {
    this.kv.free(sequence);
    sequence.computed = 0;
    sequence.scheduled = 0;
    sequence.preemptions += 1;
    this.#metrics.num_preemptions += 1;
    this.waiting.unshift(sequence);
  }
}
