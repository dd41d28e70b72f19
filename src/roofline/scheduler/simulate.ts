import type { EngineSettings } from '../serving.ts';
import type { StepPricer } from '../step-pricer.ts';
import type { AttentionWork } from '../step-work.ts';
import { Arrivals } from './arrivals.ts';
import { DecodeBatch } from './decode-batch.ts';
import { KV_BLOCK_TOKENS, kvBlocks } from './kv-account.ts';
import { PlannedPrompts } from './planned-prompts.ts';
import { type Prompt, PromptQueue } from './prompt-queue.ts';
import { RequestLog } from './request-log.ts';
import { type Schedule, ScheduleRecorder } from './schedule.ts';
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
  readonly #engine: EngineSettings;
  readonly #load: SimulatedLoad;
  readonly #record = new ScheduleRecorder();
  readonly #requests: RequestLog;
  readonly #arrivals = new Arrivals();
  readonly #prompts = new PromptQueue();
  readonly #decoding = new DecodeBatch();
  readonly #capacityBlocks: number;
  /** Requests that must finish. */
  readonly #total: number;

  #now = 0;
  #finished = 0;
  #preemptions = 0;
  /** Blocks promised to running requests, where admission reserves them. */
  #reservedBlocks = 0;

  constructor(attention: AttentionWork, pricer: StepPricer, engine: EngineSettings, load: SimulatedLoad) {
    this.#attention = attention;
    this.#pricer = pricer;
    this.#engine = engine;
    this.#load = load;
    this.#requests = new RequestLog(load);
    this.#capacityBlocks = Math.floor(engine.kvCapacityTokens / KV_BLOCK_TOKENS);
    this.#total = load.warmUpRequests + load.measuredRequests;
  }

  run(): Schedule {
    const { streams, releaseSeconds, warmUpRequests, turnAroundSeconds, arrivalSeconds } = this.#load;
    for (let stream = 0; stream < streams; stream += 1) this.#send(stream * releaseSeconds);
    while (this.#finished < this.#total) {
      this.#receive();
      if (!this.#step()) this.#idle();
    }
    return {
      ...this.#record.columns(),
      ...this.#requests.columns(warmUpRequests, this.#total),
      preemptions: this.#preemptions,
      turnAroundSeconds,
      arrivalSeconds,
      streams,
    };
  }

  /** Sends the next request `offset` seconds from now. */
  #send(offset: number): void {
    if (!this.#load.holdsLoad && this.#requests.sent >= this.#total) return;
    const request = this.#requests.send(this.#record.events, offset);
    this.#arrivals.add(request, this.#now + offset + this.#load.arrivalSeconds);
  }

  #receive(): void {
    while (this.#arrivals.next <= this.#now) {
      const request = this.#arrivals.take();
      this.#prompts.add(request, this.#requests.input[request]!);
    }
  }

  #idle(): void {
    const { next } = this.#arrivals;
    if (!(next < Number.POSITIVE_INFINITY)) throw new RangeError('the engine has nothing left to run');
    this.#record.idle(next - this.#now);
    this.#now = next;
  }

  /** Runs one step, or a stretch of pure decode steps; false when there is nothing to run. */
  #step(): boolean {
    const preempted = this.#makeRoom();
    const planned = this.#planPrompts(preempted);
    if (planned.tokens === 0) return this.#decoding.size > 0 && this.#decodeStretch(preempted);
    this.#run(planned, 1);
    for (const prompt of planned.completed) this.#startDecoding(prompt);
    return true;
  }

  /** Preempts the last admitted requests while the running ones need more blocks than there are. */
  #makeRoom(): boolean {
    const { kv } = this.#decoding;
    const { partial } = this.#prompts;
    let preempted = false;
    if (partial !== null && this.#decoding.size > 0) {
      const budget = this.#engine.maxNumBatchedTokens - this.#decoding.size;
      const prompt = kvBlocks(Math.min(partial.tokens, partial.done + budget));
      if (kv.blocks + kv.needed + prompt <= this.#capacityBlocks) return false;
      this.#prompts.partial = null;
      this.#preempt(partial.request, partial.tokens);
      preempted = true;
    }
    while (this.#decoding.size > 1 && kv.blocks + kv.needed > this.#capacityBlocks) {
      const { request, held } = this.#decoding.takeLast();
      // The token sampled last belongs to the prompt that is computed again, though its KV was never held.
      this.#preempt(request, held + 1);
      preempted = true;
    }
    return preempted;
  }

  #preempt(request: number, tokens: number): void {
    this.#reservedBlocks -= this.#fullBlocks(request);
    this.#preemptions += 1;
    this.#prompts.putBack(request, tokens);
  }

  /** Prompts of the next step. One that had to preempt admits nobody, or the blocks just won would be lost again. */
  #planPrompts(preempted: boolean): PlannedPrompts {
    const planned = new PlannedPrompts(this.#engine.maxNumBatchedTokens - this.#decoding.size);
    const { partial } = this.#prompts;
    if (partial !== null) this.#compute(planned, partial);
    while (!preempted && planned.budget > 0 && this.#admits(planned)) {
      const prompt = this.#prompts.take();
      this.#reservedBlocks += this.#fullBlocks(prompt.request);
      this.#compute(planned, prompt);
    }
    return planned;
  }

  #compute(planned: PlannedPrompts, prompt: Prompt): void {
    this.#prompts.partial = planned.add(prompt, this.#attention) ? null : prompt;
  }

  /** Whether the first waiting request may begin beside the prompts planned so far. */
  #admits(planned: PlannedPrompts): boolean {
    const { head } = this.#prompts;
    if (head === undefined) return false;
    const running = this.#decoding.size + planned.sequences;
    if (running >= this.#engine.maxNumSeqs) return false;
    // An empty engine takes whatever comes, or it would wait for ever.
    if (running === 0) return true;
    if (this.#engine.admission === 'reserved') {
      return this.#reservedBlocks + this.#fullBlocks(head.request) <= this.#capacityBlocks;
    }
    // The decodes' next tokens come before any admission.
    const { blocks, needed } = this.#decoding.kv;
    return blocks + needed + planned.blocks + kvBlocks(head.tokens) <= this.#capacityBlocks;
  }

  /** Blocks that a request holds in the end. */
  #fullBlocks(request: number): number {
    return kvBlocks(this.#requests.input[request]! + this.#requests.output[request]!);
  }

  /** Decodes until a request finishes, KV fills or a request arrives that may begin. */
  #decodeStretch(preempted: boolean): boolean {
    const { size, kv, stepsLeft } = this.#decoding;
    let steps = preempted ? 1 : stepsLeft;
    if (size > 1) steps = Math.min(steps, Math.max(1, kv.stepsWithin(this.#capacityBlocks - kv.blocks)));
    // Behind a request that does not fit now nobody begins before one finishes.
    if (this.#prompts.head === undefined) steps = this.#stepsUntilArrival(steps);
    this.#run(null, steps);
    return true;
  }

  /** Decode steps, `most` of them at most, until the next arrival meets the end of a step. */
  #stepsUntilArrival(most: number): number {
    const wait = this.#arrivals.next - this.#now;
    if (wait === Number.POSITIVE_INFINITY || most <= 1) return most;
    const { size, kv } = this.#decoding;
    const mean = (steps: number): number => {
      const context = kv.meanContext(steps);
      const flop = this.#attention.decodeFlop(size, context);
      return this.#pricer.secondsOf(size, size, size, flop, this.#attention.decodeBytes(size, context));
    };
    let steps = Math.min(most, Math.ceil(wait / mean(1)));
    // Contexts grow on the way, so that fewer steps of a long stretch fill the wait.
    if (steps > 8) steps = Math.min(most, Math.ceil(wait / mean(steps)));
    return Math.max(1, steps);
  }

  /** Runs one step with prompts, or so many without; ends the requests that have all their tokens then. */
  #run(prompts: PlannedPrompts | null, steps: number): void {
    const { size, kv } = this.#decoding;
    const context = size > 0 ? kv.meanContext(steps) : 0;
    const tokens = size + (prompts?.tokens ?? 0);
    const sampled = size + (prompts?.completed.length ?? 0);
    const sequences = size + (prompts?.sequences ?? 0);
    const flop = this.#attention.decodeFlop(size, context) + (prompts?.flop ?? 0);
    const bytes = this.#attention.decodeBytes(size, context) + (prompts?.bytes ?? 0);
    this.#record.step(tokens, sampled, sequences, flop, bytes, steps);
    const seconds = steps * this.#pricer.secondsOf(tokens, sampled, sequences, flop, bytes);
    if (!(seconds < Number.POSITIVE_INFINITY)) throw new RangeError(`a step of ${seconds} s`);
    this.#now += seconds;
    this.#decoding.advance(steps);
    for (let request = this.#decoding.takeFinished(); request !== null; ) {
      this.#finish(request);
      request = this.#decoding.takeFinished();
    }
  }

  /** A prompt ended in the event just recorded: the request has its first token (or, after a preemption, its next). */
  #startDecoding({ request, tokens }: Prompt): void {
    this.#requests.first[request] ??= this.#record.events - 1;
    const left = this.#requests.input[request]! + this.#requests.output[request]! - tokens - 1;
    if (left > 0) this.#decoding.start(request, tokens, left);
    else this.#finish(request);
  }

  #finish(request: number): void {
    this.#requests.last[request] = this.#record.events - 1;
    this.#reservedBlocks -= this.#fullBlocks(request);
    if (request < this.#total) this.#finished += 1;
    this.#send(this.#load.turnAroundSeconds);
  }
}
