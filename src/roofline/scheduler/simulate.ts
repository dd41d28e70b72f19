import type { EngineSettings } from '../serving.ts';
import type { StepPricer } from '../step-pricer.ts';
import type { AttentionWork } from '../step-work.ts';
import { IncomingRequests } from './incoming-requests.ts';
import type { PlannedPrompts } from './planned-prompts.ts';
import type { Prompt } from './prompt-queue.ts';
import { RequestLog } from './request-log.ts';
import { type Schedule, ScheduleRecorder } from './schedule.ts';
import { SchedulingRules } from './scheduling-rules.ts';
import type { SimulatedLoad } from './simulated-load.ts';

export type { SimulatedLoad } from './simulated-load.ts';

/**
 * Event-skipping simulation of vLLM's v1 scheduler (performance-model section 5): decodes first, then the prompt computed in
 * part, then waiting requests in order, while token budget, seats and KV blocks last; the last admitted request is preempted
 * and computed again when a running one finds no block. A stretch of pure decode steps is one event, so the cost grows with
 * requests, not tokens.
 * @throws RangeError where a step takes no finite time
 */
export function simulate(
  attention: AttentionWork,
  pricer: StepPricer,
  engine: EngineSettings,
  load: SimulatedLoad,
): Schedule {
  return new Simulation(attention, pricer, engine, load).run();
}

class Simulation {
  readonly #attention: AttentionWork;
  readonly #pricer: StepPricer;
  readonly #load: SimulatedLoad;
  readonly #record = new ScheduleRecorder();
  readonly #requests: RequestLog;
  readonly #incoming: IncomingRequests;
  readonly #rules: SchedulingRules;
  /** Tokens that every sequence holds and the rules do not count: those in the prefix cache. */
  readonly #cached: number;
  /** Requests that must finish. */
  readonly #total: number;

  #now = 0;
  /** When the last event began. */
  #began = 0;
  #finished = 0;
  readonly #plansAhead: boolean;
  /** When the coming step was planned: later requests are not in it. */
  #planned = 0;

  constructor(attention: AttentionWork, pricer: StepPricer, engine: EngineSettings, load: SimulatedLoad) {
    this.#attention = attention;
    this.#pricer = pricer;
    this.#load = load;
    this.#plansAhead = engine.plansAhead ?? false;
    this.#requests = new RequestLog(load, engine.speculation);
    const cached = load.cachedTokens ?? 0;
    this.#rules = new SchedulingRules(attention, engine, this.#requests, cached);
    this.#cached = cached;
    this.#total = load.warmUpRequests + load.measuredRequests;
    this.#incoming = new IncomingRequests(load, this.#requests, this.#total);
  }

  run(): Schedule {
    const { streams, warmUpRequests, turnAroundSeconds, arrivalSeconds, intakeSeconds = 0 } = this.#load;
    this.#incoming.begin();
    while (this.#finished < this.#total) {
      this.#receive();
      if (!this.#step()) this.#idle();
    }
    return {
      ...this.#record.columns(),
      ...this.#requests.columns(warmUpRequests, this.#total),
      preemptions: this.#rules.preemptions,
      turnAroundSeconds,
      arrivalSeconds: arrivalSeconds + intakeSeconds,
      streams,
    };
  }

  #receive(): void {
    if (this.#incoming.next > this.#planned) return;
    this.#incoming.receive(this.#rules.prompts, this.#planned, this.#record.events, this.#began);
  }

  #idle(): void {
    const { next } = this.#incoming;
    if (!(next < Number.POSITIVE_INFINITY)) throw new RangeError('the engine has nothing left to run');
    // Nothing ran, so what has arrived since the plan need not wait for another step.
    if (next > this.#now) {
      this.#record.idle(next - this.#now);
      this.#began = this.#now;
      this.#now = next;
    }
    this.#planned = this.#now;
  }

  /** Runs one step, or a stretch of pure decode steps; false when there is nothing to run. */
  #step(): boolean {
    const { prompts, preempted } = this.#rules.plan();
    for (const request of preempted) this.#requests.preempted(request, this.#record.events);
    if (prompts.tokens > 0) {
      this.#run(prompts, 1);
      for (const prompt of prompts.completed) this.#startDecoding(prompt);
      return true;
    }
    if (this.#rules.decoding.size === 0) return false;
    this.#run(null, this.#stretch(preempted.length > 0));
    return true;
  }

  /** Decode steps until a request finishes, KV fills or a request arrives that may begin. */
  #stretch(preempted: boolean): number {
    // After a preemption the next step may admit again.
    if (preempted) return 1;
    const steps = this.#rules.decodeSteps();
    // Behind a request that does not fit now nobody begins before one finishes.
    return this.#rules.prompts.head === undefined ? this.#stepsUntilArrival(steps) : steps;
  }

  /** Decode steps, `most` of them at most, until the next arrival meets the end of a step. */
  #stepsUntilArrival(most: number): number {
    const wait = this.#incoming.next - this.#now;
    if (wait === Number.POSITIVE_INFINITY || most <= 1) return most;
    const { size, kv } = this.#rules.decoding;
    const sampled = this.#attention.decodeRows(size);
    const tokens = this.#attention.stepRows(sampled);
    const mean = (steps: number): number => {
      const context = this.#cached + kv.meanContext(steps);
      const beside = (size * (steps - 1)) / 2;
      const flop = this.#attention.decodeFlop(size, context, beside);
      const bytes = this.#attention.decodeBytes(size, context, beside);
      return this.#pricer.secondsOf(tokens, sampled, size, flop, bytes);
    };
    let steps = Math.min(most, Math.ceil(wait / mean(1)));
    // Contexts grow on the way, so that fewer steps of a long stretch fill the wait.
    if (steps > 8) steps = Math.min(most, Math.ceil(wait / mean(steps)));
    return Math.max(1, steps);
  }

  /** Runs one step with prompts, or so many without; ends the requests that have all their tokens then. */
  #run(prompts: PlannedPrompts | null, steps: number): void {
    const { size, kv } = this.#rules.decoding;
    const context = size > 0 ? this.#cached + kv.meanContext(steps) : 0;
    const beside = (size * (steps - 1)) / 2;
    const verified = this.#attention.decodeRows(size);
    const tokens = this.#attention.stepRows(verified + (prompts?.rows ?? 0));
    const sampled = verified + (prompts?.completed.length ?? 0);
    const sequences = size + (prompts?.sequences ?? 0);
    const flop = this.#attention.decodeFlop(size, context, beside) + (prompts?.flop ?? 0);
    const bytes = this.#attention.decodeBytes(size, context, beside) + (prompts?.bytes ?? 0);
    this.#record.step(tokens, sampled, sequences, flop, bytes, steps, size, context);
    const seconds = steps * this.#pricer.secondsOf(tokens, sampled, sequences, flop, bytes);
    if (!(seconds < Number.POSITIVE_INFINITY)) throw new RangeError(`a step of ${seconds} s`);
    this.#began = this.#now;
    this.#now += seconds;
    // A stretch of steps ends with the one in which a request arrives.
    this.#planned = this.#plansAhead ? this.#now - seconds / steps : this.#now;
    this.#rules.decoding.advance(steps);
    for (let request = this.#rules.decoding.takeFinished(); request !== null; ) {
      this.#finish(request);
      request = this.#rules.decoding.takeFinished();
    }
  }

  /** A prompt ended in the event just recorded: the request has its first token (or, after a preemption, its next). */
  #startDecoding({ request, tokens }: Prompt): void {
    this.#requests.produced(request, this.#record.events - 1);
    const left = this.#requests.stepsLeft(request, tokens);
    if (left > 0) this.#rules.decoding.start(request, tokens, left);
    else this.#finish(request);
  }

  #finish(request: number): void {
    this.#requests.last[request] = this.#record.events - 1;
    this.#rules.finished(request);
    if (request < this.#total) this.#finished += 1;
    this.#incoming.finished(this.#now, this.#record.events);
  }
}
