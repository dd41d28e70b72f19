import { FinishQueue } from '../../roofline/scheduler/finish-queue.ts';
import type { Requests } from './requests.ts';
import type { Service, StepColumns } from './service.ts';
import { WaitingLine } from './waiting-line.ts';

/** What a worker computes at a time: prompts, decodes, or both in one step. */
export type Activity = 'prefill' | 'decode' | 'mixed';

/** Like steps of a worker, one after another. */
export interface Stretch {
  readonly activity: Activity;
  readonly start_s: number;
  readonly seconds: number;
  readonly step_s: number;
  /** Of each step; null where no meter needs it. */
  readonly work: StepColumns | null;
}

/** What a worker tells the cluster. */
export interface WorkerListener {
  promptDone(worker: Worker, request: number, at: number): void;
  finished(worker: Worker, request: number, at: number): void;
  worked(worker: Worker, stretch: Stretch): void;
}

/**
 * One server that computes prompts, decodes, or both, step by step as vLLM does (chunked prefill: a step holds every decode
 * and fills up with prompt tokens). Steps in which nothing joins or leaves are counted together, not one by one.
 */
export class Worker {
  readonly service: Service;
  readonly index: number;
  /** When the present stretch ends; Infinity while idle. */
  until = Number.POSITIVE_INFINITY;
  /** Prompt tokens that wait or are being computed. */
  promptTokens = 0;
  /** KV tokens of all requests that decode here, or wait to. */
  committedTokens = 0;

  readonly #requests: Requests;
  readonly #listener: WorkerListener;
  readonly #running = new FinishQueue();
  readonly #prompts = new WaitingLine();
  readonly #ready = new WaitingLine();
  /** Decode steps so far; a sequence that joins at s finishes at s + its tokens. */
  #steps = 0;
  /** Sum of contexts less the batch times the steps: what does not grow by itself. */
  #contextBase = 0;
  #heldTokens = 0;
  #promised = 0;
  /** Of the prompt at the head. */
  #headDone = 0;
  /** The present stretch. */
  #start = 0;
  #stretchSteps = 0;
  #stepSeconds = 0;
  #ending: number[] = [];
  #activity: Activity | null = null;
  /** While a stretch is being ended, newcomers wait for the next to begin. */
  #closing = false;
  #work: StepColumns | null = null;

  constructor(index: number, service: Service, requests: Requests, listener: WorkerListener) {
    this.index = index;
    this.service = service;
    this.#requests = requests;
    this.#listener = listener;
  }

  /** Sequences that decode, wait to, or are on their way. */
  get decodes(): number {
    return this.#running.size + this.#ready.size + this.#promised;
  }

  get prompts(): number {
    return this.#prompts.size + this.#ending.length;
  }

  /** Without any work, and none on its way. */
  get idle(): boolean {
    return this.#activity === null && this.prompts === 0 && this.decodes === 0;
  }

  addPrompt(request: number, now: number): void {
    this.#prompts.push(request);
    this.promptTokens += this.#requests.input[request]!;
    this.#wake(now);
  }

  /** An answer whose KV cache is on its way here counts at once, or all of a burst would go to one worker. */
  promise(request: number): void {
    this.committedTokens += this.#lengthOf(request);
    this.#promised += 1;
  }

  /** An answer whose KV cache is here. @param promised whether it was announced */
  addDecode(request: number, now: number, promised: boolean): void {
    if (promised) this.#promised -= 1;
    else this.committedTokens += this.#lengthOf(request);
    this.#ready.push(request);
    this.#wake(now);
  }

  /** Ends the stretch that is due now, and begins the next. */
  advance(now: number): void {
    this.#closing = true;
    this.#endStretch(now);
    this.#closing = false;
    this.#begin(now);
  }

  #lengthOf(request: number): number {
    return this.#requests.input[request]! + this.#requests.output[request]!;
  }

  /** A newcomer is served from the next step on. */
  #wake(now: number): void {
    if (this.#closing) return;
    if (this.#activity === null) this.#begin(now);
    else if (this.#activity === 'decode') this.#cutShort(now);
  }

  #cutShort(now: number): void {
    const done = Math.ceil((now - this.#start) / this.#stepSeconds - 1e-9);
    if (done >= this.#stretchSteps) return;
    this.#stretchSteps = done;
    this.until = Math.max(now, this.#start + done * this.#stepSeconds);
  }

  #endStretch(now: number): void {
    const activity = this.#activity;
    if (activity === null) return;
    this.#activity = null;
    this.#steps += this.#stretchSteps;
    this.#listener.worked(this, {
      activity,
      start_s: this.#start,
      seconds: now - this.#start,
      step_s: this.#stepSeconds,
      work: this.#work,
    });
    while (this.#running.nextStep <= this.#steps) {
      const request = this.#running.pop();
      const length = this.#lengthOf(request);
      this.#contextBase -= length - 1 - this.#steps;
      this.#heldTokens -= length;
      this.committedTokens -= length;
      this.#listener.finished(this, request, now);
    }
    const ending = this.#ending;
    this.#ending = [];
    for (const request of ending) this.#listener.promptDone(this, request, now);
  }

  #begin(now: number): void {
    if (this.#activity !== null) return;
    this.#join();
    this.#start = now;
    if (!this.#beginPrompts(now)) this.#beginDecodes(now);
  }

  /** Lets sequences in, first come first served, while there is a seat and room for their whole KV cache. */
  #join(): void {
    const { seats, kv_capacity_tokens } = this.service;
    while (this.#ready.size > 0 && this.#running.size < seats) {
      const request = this.#ready.first;
      const length = this.#lengthOf(request);
      if (this.#running.size > 0 && this.#heldTokens + length > kv_capacity_tokens) return;
      this.#ready.shift();
      this.#running.push(this.#steps + this.#requests.output[request]! - 1, request);
      this.#contextBase += this.#requests.input[request]! - this.#steps;
      this.#heldTokens += length;
    }
  }

  #meanContext(ahead: number): number {
    const batch = this.#running.size;
    return batch === 0 ? 0 : this.#contextBase / batch + this.#steps + ahead;
  }

  /** A prompt may start where its KV cache, and its answer's where others decode, still fits. */
  #mayStart(request: number, taken: number): boolean {
    const { kv_capacity_tokens, seats } = this.service;
    const busy = this.decodes > 0;
    if (!busy && taken === 0) return true;
    if (this.decodes + this.#ending.length >= seats) return false;
    const needs = busy ? this.#lengthOf(request) : this.#requests.input[request]!;
    return (busy ? this.committedTokens : 0) + taken + needs <= kv_capacity_tokens;
  }

  #beginPrompts(now: number): boolean {
    const { attention, step_tokens } = this.service;
    const batch = this.#running.size;
    const context = this.#meanContext(1);
    let left = Math.max(1, step_tokens - batch);
    let [tokens, pieces, taken] = [0, 0, 0];
    let flop = batch > 0 ? attention.decodeFlop(batch, context) : 0;
    let bytes = batch > 0 ? attention.decodeBytes(batch, context) : 0;
    while (left > 0 && this.#prompts.size > 0) {
      const request = this.#prompts.first;
      if (this.#headDone === 0 && !this.#mayStart(request, taken)) break;
      const input = this.#requests.input[request]!;
      const piece = Math.min(left, input - this.#headDone);
      flop += attention.chunkFlop(piece, this.#headDone);
      bytes += attention.chunkBytes(piece, this.#headDone);
      tokens += piece;
      left -= piece;
      pieces += 1;
      taken += input;
      this.#headDone += piece;
      if (this.#headDone < input) break;
      this.#headDone = 0;
      this.#prompts.shift();
      this.#ending.push(request);
    }
    if (tokens === 0) return false;
    this.promptTokens -= tokens;
    const sampled = batch + this.#ending.length;
    const work = { tokens: tokens + batch, sampled, sequences: batch + pieces, flop, bytes };
    this.#stretch(now, batch > 0 ? 'mixed' : 'prefill', 1, this.service.stepSeconds(work), work);
    return true;
  }

  #beginDecodes(now: number): void {
    const batch = this.#running.size;
    if (batch === 0) {
      this.until = Number.POSITIVE_INFINITY;
      return;
    }
    const steps = this.#running.nextStep - this.#steps;
    const context = this.#meanContext((steps + 1) / 2);
    this.#stretch(now, 'decode', steps, this.service.decodeSeconds(batch, context), null);
    this.#decodeWork(batch, context);
  }

  /** Kept for the power meter alone. */
  #decodeWork(batch: number, context: number): void {
    const { power, attention } = this.service;
    if (power === null) return;
    const [flop, bytes] = [attention.decodeFlop(batch, context), attention.decodeBytes(batch, context)];
    this.#work = { tokens: batch, sampled: batch, sequences: batch, flop, bytes };
  }

  #stretch(now: number, activity: Activity, steps: number, seconds: number, work: StepColumns | null): void {
    this.#activity = activity;
    this.#stretchSteps = steps;
    this.#stepSeconds = seconds;
    this.#work = work;
    this.until = now + steps * seconds;
  }
}
