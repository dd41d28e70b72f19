import { DecodeSeats } from './decode-seats.ts';
import { PromptLine } from './prompt-line.ts';
import { computedOf, heldOf, type Requests } from './requests.ts';
import { RunningStretch } from './running-stretch.ts';
import { decodeColumns, type Service } from './service.ts';
import { StepPlan } from './step-plan.ts';
import type { Decoding, Stretch } from './stretch.ts';

/** What a worker tells the cluster. */
export interface WorkerListener {
  promptDone(worker: Worker, request: number, at: number): void;
  finished(worker: Worker, request: number, at: number): void;
  worked(worker: Worker, stretch: Stretch): void;
}

/**
 * One server that computes prompts, decodes, or both, step by step: a step holds every decode and fills up with prompt tokens, in
 * pieces as vLLM does (chunked prefill) or with whole prompts. Steps in which nothing joins or leaves are counted together, not
 * one by one.
 */
export class Worker {
  readonly service: Service;
  readonly index: number;
  /** Prompt tokens that wait or are being computed. */
  promptTokens = 0;

  readonly #requests: Requests;
  readonly #listener: WorkerListener;
  readonly #seats: DecodeSeats;
  readonly #prompts: PromptLine;
  readonly #stretch = new RunningStretch();
  readonly #plan: StepPlan;
  #ending: readonly number[] = [];
  /** While a stretch is being ended, newcomers wait for the next to begin. */
  #closing = false;

  constructor(index: number, service: Service, requests: Requests, listener: WorkerListener) {
    this.index = index;
    this.service = service;
    this.#requests = requests;
    this.#seats = new DecodeSeats(service, requests);
    this.#prompts = new PromptLine(requests);
    this.#plan = new StepPlan(service.plans_ahead);
    this.#listener = listener;
  }

  /** When the present stretch ends; Infinity while idle. */
  get until(): number {
    return this.#stretch.until;
  }

  /** KV tokens of all requests that decode here, or wait to. */
  get committedTokens(): number {
    return this.#seats.committedTokens;
  }

  /** Sequences that decode, wait to, or are on their way. */
  get decodes(): number {
    return this.#seats.count;
  }

  get prompts(): number {
    return this.#prompts.size + this.#ending.length;
  }

  /** Without any work, and none on its way. */
  get idle(): boolean {
    return this.#stretch.activity === null && this.prompts === 0 && this.decodes === 0;
  }

  addPrompt(request: number, now: number): void {
    this.#prompts.push(request);
    this.#plan.came(request, now);
    this.promptTokens += computedOf(this.#requests, request);
    this.#wake(now);
  }

  /** An answer whose KV cache is on its way here. */
  promise(request: number): void {
    this.#seats.promise(request);
  }

  /** An answer whose KV cache is here. @param promised whether it was announced */
  addDecode(request: number, now: number, promised: boolean): void {
    this.#seats.arrive(request, promised);
    // Those whose prompt was computed here are in the next step in any case.
    if (!this.#closing) this.#plan.came(request, now);
    this.#wake(now);
  }

  /** Ends the stretch that is due now, and begins the next. */
  advance(now: number): void {
    this.#closing = true;
    this.#endStretch(now);
    this.#closing = false;
    this.#begin(now);
  }

  /** A newcomer is served from the next step on that is not planned. */
  #wake(now: number): void {
    if (this.#closing) return;
    if (this.#stretch.activity === null) this.#begin(now);
    else if (this.#stretch.activity === 'decode') this.#stretch.cutShort(now);
  }

  #endStretch(now: number): void {
    const ended = this.#stretch.end(now);
    if (ended === null) return;
    this.#plan.ended(ended, now);
    this.#seats.advance(ended.steps);
    this.#listener.worked(this, ended);
    for (;;) {
      const request = this.#seats.takeFinished();
      if (request === null) break;
      this.#listener.finished(this, request, now);
    }
    const ending = this.#ending;
    this.#ending = [];
    for (const request of ending) this.#listener.promptDone(this, request, now);
  }

  #begin(now: number): void {
    if (this.#stretch.activity !== null) return;
    if (this.#beginAny(now)) return;
    // Nothing runs, so that all who came are served at once.
    if (this.#plan.anew() && this.#beginAny(now)) return;
    this.#stretch.rest();
  }

  #beginAny(now: number): boolean {
    this.#seats.join(now, this.#isKnown);
    return this.#beginPrompts(now) || this.#beginDecodes(now);
  }

  readonly #isKnown = (request: number): boolean => this.#plan.knows(request);

  /** A prompt may start where its KV cache, and its answer's where others decode, still fits. */
  readonly #mayStart = (request: number, taken: number, ending: number): boolean => {
    const { kv_capacity_tokens, seats } = this.service;
    if (!this.#plan.knows(request)) return false;
    const busy = this.decodes > 0;
    if (!busy && taken === 0) return true;
    if (this.decodes + ending >= seats) return false;
    const needs = (busy ? heldOf : computedOf)(this.#requests, request);
    return (busy ? this.committedTokens : 0) + taken + needs <= kv_capacity_tokens;
  };

  #beginPrompts(now: number): boolean {
    const { attention, step_tokens, stepSeconds } = this.service;
    const { running } = this.#seats;
    const batch = running.size;
    const room = Math.max(1, step_tokens - attention.decodeTokens * batch);
    const { tokens, rows, pieces, ending, ...cost } = this.#prompts.take(room, this.service, this.#mayStart);
    if (tokens === 0) return false;
    this.#ending = ending;
    this.promptTokens -= tokens;
    const context = running.meanContext(1);
    const work = {
      tokens: attention.stepRows(rows + attention.decodeRows(batch)),
      sampled: attention.decodeRows(batch) + ending.length,
      sequences: batch + pieces,
      flop: cost.flop + (batch > 0 ? attention.decodeFlop(batch, context) : 0),
      bytes: cost.bytes + (batch > 0 ? attention.decodeBytes(batch, context) : 0),
    };
    const activity = batch > 0 ? 'mixed' : 'prefill';
    this.#stretch.begin(now, {
      activity,
      steps: 1,
      step_s: stepSeconds(work),
      work,
      decoding: this.#decoding(context),
    });
    return true;
  }

  #beginDecodes(now: number): boolean {
    const { running } = this.#seats;
    const batch = running.size;
    if (batch === 0) return false;
    const { attention, power, decodeSeconds } = this.service;
    const steps = this.#plan.isComplete ? running.stepsToFinish : 1;
    const context = running.meanContext((steps + 1) / 2);
    const work = power === null ? null : decodeColumns(attention, batch, context);
    const step_s = decodeSeconds(batch, context);
    this.#stretch.begin(now, { activity: 'decode', steps, step_s, work, decoding: this.#decoding(context) });
    return true;
  }

  #decoding(context: number): Decoding | null {
    const { running, waits } = this.#seats;
    return running.size === 0 ? null : { batch: running.size, context, waits };
  }
}
