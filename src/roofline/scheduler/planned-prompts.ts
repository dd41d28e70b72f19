import type { AttentionWork } from '../step-work.ts';
import { kvBlocks } from './kv-account.ts';
import type { Prompt } from './prompt-queue.ts';

/** The prompts of a step while it is planned, within a budget of tokens. */
export class PlannedPrompts {
  budget: number;
  tokens = 0;
  /** Rows that they are computed in. */
  rows = 0;
  sequences = 0;
  flop = 0;
  bytes = 0;
  /** KV blocks that they hold after the step. */
  blocks = 0;
  readonly completed: Prompt[] = [];

  /** Tokens before every prompt that the prefix cache holds. */
  readonly #cached: number;

  constructor(budget: number, cached: number) {
    this.budget = budget;
    this.#cached = cached;
  }

  /** Computes as much of a prompt as the budget allows; returns whether that is all of it. */
  add(prompt: Prompt, attention: AttentionWork): boolean {
    const chunk = Math.min(this.budget, prompt.tokens - prompt.done);
    this.flop += attention.chunkFlop(chunk, this.#cached + prompt.done);
    this.bytes += attention.chunkBytes(chunk, this.#cached + prompt.done);
    this.budget -= chunk;
    this.tokens += chunk;
    this.rows += attention.chunkRows(chunk);
    this.sequences += 1;
    prompt.done += chunk;
    this.blocks += kvBlocks(prompt.done);
    const whole = prompt.done === prompt.tokens;
    if (whole) this.completed.push(prompt);
    return whole;
  }
}
