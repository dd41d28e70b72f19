import type { EngineSettings } from '../serving.ts';
import { roomFor } from '../step-rules.ts';
import type { AttentionWork } from '../step-work.ts';
import { DecodeBatch } from './decode-batch.ts';
import { KV_BLOCK_TOKENS, kvBlocks } from './kv-account.ts';
import { PlannedPrompts } from './planned-prompts.ts';
import { type Prompt, PromptQueue } from './prompt-queue.ts';
import type { RequestLog } from './request-log.ts';

/**
 * Which requests share a step: the rules of vLLM's v1 scheduler. Prompts are counted without what the prefix cache holds of
 * all of them, whose blocks are held once.
 */
export class SchedulingRules {
  readonly prompts = new PromptQueue();
  readonly decoding: DecodeBatch;
  preemptions = 0;
  readonly #attention: AttentionWork;
  readonly #engine: EngineSettings;
  readonly #requests: RequestLog;
  readonly #capacityBlocks: number;
  /** Blocks promised to running requests, where admission reserves them. */
  #reservedBlocks = 0;

  readonly #cached: number;

  constructor(attention: AttentionWork, engine: EngineSettings, requests: RequestLog, cached: number) {
    this.decoding = new DecodeBatch(engine.speculation);
    this.#attention = attention;
    this.#engine = engine;
    this.#requests = requests;
    this.#cached = cached;
    this.#capacityBlocks = Math.floor(engine.kvCapacityTokens / KV_BLOCK_TOKENS) - kvBlocks(cached);
  }

  /** Decode steps until the first request finishes or finds no block; at least 1. */
  decodeSteps(): number {
    const { size, kv, stepsLeft } = this.decoding;
    if (size <= 1) return stepsLeft;
    return Math.min(stepsLeft, Math.max(1, kv.stepsWithin(this.#capacityBlocks - kv.blocks)));
  }

  /** Tokens that a step has left for prompts. */
  #budget(): number {
    const verified = this.#attention.decodeTokens * this.decoding.size;
    return Math.floor(this.#engine.maxNumBatchedTokens - verified);
  }

  /** A request has all its tokens. */
  finished(request: number): void {
    this.#reservedBlocks -= this.#fullBlocks(request);
  }

  /** Preempts the last admitted requests while the running ones need more blocks than there are; returns which. */
  #makeRoom(): readonly number[] {
    const { kv } = this.decoding;
    const { partial } = this.prompts;
    const preempted: number[] = [];
    if (partial !== null && this.decoding.size > 0) {
      const prompt = kvBlocks(Math.min(partial.tokens, partial.done + this.#budget()));
      if (kv.blocks + kv.needed + prompt <= this.#capacityBlocks) return preempted;
      this.prompts.partial = null;
      this.#preempt(partial.request, partial.tokens);
      preempted.push(partial.request);
    }
    while (this.decoding.size > 1 && kv.blocks + kv.needed > this.#capacityBlocks) {
      const { request, held } = this.decoding.takeLast();
      // The token sampled last belongs to the prompt that is computed again, though its KV was never held.
      this.#preempt(request, Math.round(held) + 1);
      preempted.push(request);
    }
    return preempted;
  }

  #preempt(request: number, tokens: number): void {
    this.#reservedBlocks -= this.#fullBlocks(request);
    this.preemptions += 1;
    this.prompts.putBack(request, tokens);
  }

  /** Prompts of the next step. One that had to preempt admits nobody, or the blocks just won would be lost again. */
  plan(): { readonly prompts: PlannedPrompts; readonly preempted: readonly number[] } {
    const preempted = this.#makeRoom();
    const planned = new PlannedPrompts(this.#budget(), this.#cached);
    const { partial } = this.prompts;
    if (partial !== null) this.#compute(planned, partial);
    while (preempted.length === 0 && planned.budget > 0 && this.#admits(planned)) {
      const prompt = this.prompts.take();
      planned.budget = this.#roomFor(prompt, planned);
      this.#reservedBlocks += this.#fullBlocks(prompt.request);
      this.#compute(planned, prompt);
    }
    return { prompts: planned, preempted };
  }

  #compute(planned: PlannedPrompts, prompt: Prompt): void {
    this.prompts.partial = planned.add(prompt, this.#attention) ? null : prompt;
  }

  /** Whether the first waiting request may begin beside the prompts planned so far. */
  #admits(planned: PlannedPrompts): boolean {
    const { head } = this.prompts;
    if (head === undefined) return false;
    const running = this.decoding.size + planned.sequences;
    if (running >= this.#engine.maxNumSeqs) return false;
    if (this.#roomFor(head, planned) === 0) return false;
    // An empty engine takes whatever comes, or it would wait for ever.
    if (running === 0) return true;
    if (this.#engine.admission === 'reserved') {
      return this.#reservedBlocks + this.#fullBlocks(head.request) <= this.#capacityBlocks;
    }
    // The decodes' next tokens come before any admission.
    const { blocks, needed } = this.decoding.kv;
    return blocks + needed + planned.blocks + kvBlocks(head.tokens) <= this.#capacityBlocks;
  }

  #roomFor({ tokens }: Prompt, { budget, sequences }: PlannedPrompts): number {
    return roomFor(tokens, budget, sequences === 0, this.#engine.wholePrompts === true);
  }

  /** Blocks that a request holds in the end. */
  #fullBlocks(request: number): number {
    const { draftTokens = 0 } = this.#engine.speculation ?? {};
    return kvBlocks(this.#requests.input[request]! + this.#requests.tokensOf(request) + draftTokens);
  }
}
