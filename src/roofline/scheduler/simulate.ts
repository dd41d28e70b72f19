import type { EngineSettings } from '../closed-form.ts';
import type { StepPricer } from '../step-pricer.ts';
import type { AttentionWork } from '../step-work.ts';
import { FinishQueue } from './finish-queue.ts';
import { requestLengths } from './request-lengths.ts';
import { type Schedule, ScheduleRecorder } from './schedule.ts';

type Range = readonly [number, number];

/** A closed loop as the engine meets it. */
export interface SimulatedLoad {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly inputJitter: Range;
  readonly outputJitter: Range;
  readonly streams: number;
  /** Seconds from a finished request to the next one's sending, at the client. */
  readonly turnAroundSeconds: number;
  /** Seconds from a request's sending to its arrival at the engine. */
  readonly arrivalSeconds: number;
  /** Seconds between the first requests of neighbouring streams; 0: all start at once. */
  readonly releaseSeconds: number;
  /** Requests in the order of sending that are not measured, and that are. */
  readonly warmUpRequests: number;
  readonly measuredRequests: number;
  /** Whether streams go on sending until the last measured request is finished. */
  readonly holdsLoad: boolean;
  readonly seed: number;
}

/** A prompt in the engine; after a preemption it holds the tokens generated so far, too. */
interface Prompt {
  readonly request: number;
  readonly tokens: number;
  done: number;
}

/**
 * Event-skipping simulation of vLLM's v1 scheduler (performance-model section 5): decodes first, then the running prompt,
 * then waiting requests in order, while token budget, seats and KV last; the last started decode is preempted and computed
 * again when KV overflows. A stretch of pure decode steps is one event, so the cost grows with requests, not tokens.
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
  readonly #nextInput: () => number;
  readonly #nextOutput: () => number;
  readonly #total: number;

  #now = 0;
  /** Decode steps so far: every decoding sequence gains one token in each. */
  #clock = 0;
  /** Requests sent so far; requests are numbered in this order. */
  #sent = 0;
  /** Finished requests among those that count. */
  #finished = 0;
  #preemptions = 0;

  // Requests, by number.
  readonly #input: number[] = [];
  readonly #output: number[] = [];
  readonly #sentEvent: number[] = [];
  readonly #sentOffset: number[] = [];
  readonly #firstEvent: number[] = [];
  readonly #lastEvent: number[] = [];
  /** Decode clock at which a request would have had no token, so that its KV length is `kvBase + clock`. */
  readonly #kvBase: number[] = [];

  /** Sent, not yet at the engine, in order of arrival. */
  readonly #onTheWay: { request: number; at: number }[] = [];
  #firstOnTheWay = 0;
  readonly #waiting: Prompt[] = [];
  #firstWaiting = 0;
  readonly #prefilling: Prompt[] = [];
  readonly #decoding = new FinishQueue();
  /** Decoding requests in order of start, finished ones among them. */
  #started: number[] = [];
  /** Sum of `kvBase` over decoding requests; their KV lengths sum to this plus clock times their number. */
  #kvBaseSum = 0;
  /** KV tokens of prompts in prefill. */
  #prefillKv = 0;
  /** KV tokens promised to running requests, where admission reserves them. */
  #reserved = 0;

  constructor(attention: AttentionWork, pricer: StepPricer, engine: EngineSettings, load: SimulatedLoad) {
    this.#attention = attention;
    this.#pricer = pricer;
    this.#engine = engine;
    this.#load = load;
    this.#nextInput = requestLengths(load.inputTokens, load.inputJitter, load.seed, 0);
    this.#nextOutput = requestLengths(load.outputTokens, load.outputJitter, load.seed, 1);
    this.#total = load.warmUpRequests + load.measuredRequests;
  }

  run(): Schedule {
    const { streams, releaseSeconds } = this.#load;
    for (let stream = 0; stream < streams; stream += 1) this.#send(stream * releaseSeconds);
    while (this.#finished < this.#total) {
      this.#receive();
      if (!this.#step()) this.#idle();
    }
    return this.#schedule();
  }

  /** Sends the next request `offset` seconds from now. */
  #send(offset: number): void {
    if (!this.#load.holdsLoad && this.#sent >= this.#total) return;
    const request = this.#sent++;
    this.#input.push(this.#nextInput());
    this.#output.push(this.#nextOutput());
    this.#sentEvent.push(this.#record.events);
    this.#sentOffset.push(offset);
    const at = this.#now + offset + this.#load.arrivalSeconds;
    let place = this.#onTheWay.length;
    while (place > this.#firstOnTheWay && this.#onTheWay[place - 1]!.at > at) place -= 1;
    this.#onTheWay.splice(place, 0, { request, at });
  }

  #receive(): void {
    while (this.#nextArrival() <= this.#now) {
      const { request } = this.#onTheWay[this.#firstOnTheWay++]!;
      this.#waiting.push({ request, tokens: this.#input[request]!, done: 0 });
    }
  }

  #nextArrival(): number {
    return this.#onTheWay[this.#firstOnTheWay]?.at ?? Number.POSITIVE_INFINITY;
  }

  #idle(): void {
    const next = this.#nextArrival();
    if (next === Number.POSITIVE_INFINITY) {
      throw new RangeError('a request needs more KV than the engine has');
    }
    this.#record.idle(next - this.#now);
    this.#now = next;
  }

  /** Runs one step, or a stretch of pure decode steps; false when there is nothing to run. */
  #step(): boolean {
    const preempted = this.#makeRoom();
    const decodes = this.#decoding.size;
    let budget = this.#engine.maxNumBatchedTokens - decodes;
    let tokens = 0;
    let flop = 0;
    let bytes = 0;
    let sequences = 0;
    const completed: Prompt[] = [];
    const compute = (prompt: Prompt): void => {
      const chunk = Math.min(budget, prompt.tokens - prompt.done);
      flop += this.#attention.chunkFlop(chunk, prompt.done);
      bytes += this.#attention.chunkBytes(chunk, prompt.done);
      prompt.done += chunk;
      this.#prefillKv += chunk;
      budget -= chunk;
      tokens += chunk;
      sequences += 1;
      if (prompt.done === prompt.tokens) completed.push(prompt);
    };
    for (const prompt of this.#prefilling) if (budget > 0) compute(prompt);
    while (!preempted && budget > 0 && this.#admits()) {
      const prompt = this.#waiting[this.#firstWaiting++]!;
      this.#reserved += this.#input[prompt.request]! + this.#output[prompt.request]!;
      this.#prefilling.push(prompt);
      compute(prompt);
    }
    if (tokens === 0) return decodes > 0 && this.#decodeStretch();
    this.#mixedStep(decodes, tokens, completed.length, sequences, flop, bytes);
    for (const prompt of completed) this.#startDecoding(prompt);
    return true;
  }

  /** Whether the first waiting request may begin. */
  #admits(): boolean {
    const prompt = this.#waiting[this.#firstWaiting];
    if (prompt === undefined) return false;
    const running = this.#decoding.size + this.#prefilling.length;
    if (running >= this.#engine.maxNumSeqs) return false;
    // An empty engine takes whatever comes, or it would wait for ever.
    if (running === 0) return true;
    const needed =
      this.#engine.admission === 'reserved'
        ? this.#reserved + this.#input[prompt.request]! + this.#output[prompt.request]!
        : this.#kvHeld() + this.#promisedPrefill() + prompt.tokens;
    return needed <= this.#engine.kvCapacityTokens;
  }

  #kvHeld(): number {
    return this.#kvBaseSum + this.#clock * this.#decoding.size + this.#prefillKv;
  }

  /** KV that prompts in prefill still have to fill. */
  #promisedPrefill(): number {
    let tokens = 0;
    for (const prompt of this.#prefilling) tokens += prompt.tokens - prompt.done;
    return tokens;
  }

  /** Preempts the last started decodes while the next token of each finds no room. */
  #makeRoom(): boolean {
    let preempted = false;
    while (this.#decoding.size > 1 && this.#kvHeld() + this.#decoding.size > this.#engine.kvCapacityTokens) {
      this.#preempt(this.#started.pop()!);
      preempted = true;
    }
    return preempted;
  }

  #preempt(request: number): void {
    // Finished requests leave the list when they finish, so this one decodes.
    this.#decoding.remove(request);
    const held = this.#kvBase[request]! + this.#clock;
    this.#kvBaseSum -= this.#kvBase[request]!;
    this.#reserved -= this.#input[request]! + this.#output[request]!;
    this.#preemptions += 1;
    this.#waiting.splice(this.#firstWaiting, 0, { request, tokens: held, done: 0 });
  }

  #mixedStep(
    decodes: number,
    chunkTokens: number,
    completed: number,
    prefills: number,
    flop: number,
    bytes: number,
  ): void {
    const context = decodes > 0 ? this.#decodeContext(0) : 0;
    this.#advance(
      decodes + chunkTokens,
      decodes + completed,
      decodes + prefills,
      flop + this.#attention.decodeFlop(decodes, context),
      bytes + this.#attention.decodeBytes(decodes, context),
      1,
    );
    this.#finishDecodes();
  }

  /** Mean KV length of the decoding sequences after so many more steps. */
  #decodeContext(steps: number): number {
    return this.#kvBaseSum / this.#decoding.size + this.#clock + steps;
  }

  /** Decodes until a request finishes, KV fills or a request arrives. */
  #decodeStretch(): boolean {
    const decodes = this.#decoding.size;
    let steps = this.#decoding.nextStep - this.#clock;
    if (decodes > 1) {
      const room = Math.floor((this.#engine.kvCapacityTokens - this.#kvHeld()) / decodes);
      steps = Math.min(steps, Math.max(1, room));
    }
    const arrival = this.#nextArrival();
    if (arrival < Number.POSITIVE_INFINITY && steps > 1) {
      const one = this.#secondsOfDecode(decodes, this.#decodeContext(0));
      steps = Math.min(steps, Math.max(1, Math.ceil((arrival - this.#now) / one)));
    }
    const context = this.#decodeContext((steps - 1) / 2);
    this.#advance(
      decodes,
      decodes,
      decodes,
      this.#attention.decodeFlop(decodes, context),
      this.#attention.decodeBytes(decodes, context),
      steps,
    );
    this.#finishDecodes();
    return true;
  }

  #secondsOfDecode(decodes: number, context: number): number {
    return this.#pricer.secondsOf(
      decodes,
      decodes,
      decodes,
      this.#attention.decodeFlop(decodes, context),
      this.#attention.decodeBytes(decodes, context),
    );
  }

  #advance(
    tokens: number,
    sampled: number,
    sequences: number,
    flop: number,
    bytes: number,
    steps: number,
  ): void {
    this.#record.step(tokens, sampled, sequences, flop, bytes, steps);
    this.#now += steps * this.#pricer.secondsOf(tokens, sampled, sequences, flop, bytes);
    this.#clock += steps;
  }

  #finishDecodes(): void {
    while (this.#decoding.nextStep <= this.#clock) this.#finish(this.#decoding.pop());
  }

  #finish(request: number): void {
    this.#lastEvent[request] = this.#record.events - 1;
    this.#kvBaseSum -= this.#kvBase[request]!;
    this.#reserved -= this.#input[request]! + this.#output[request]!;
    this.#started.splice(this.#started.indexOf(request), 1);
    if (request < this.#total) this.#finished += 1;
    this.#send(this.#load.turnAroundSeconds);
  }

  /** A prompt ended in the event just recorded: the request has its first token (or, after a preemption, its next). */
  #startDecoding(prompt: Prompt): void {
    const { request, tokens } = prompt;
    this.#prefilling.splice(this.#prefilling.indexOf(prompt), 1);
    this.#prefillKv -= tokens;
    this.#firstEvent[request] ??= this.#record.events - 1;
    const generated = tokens - this.#input[request]! + 1;
    const left = this.#output[request]! - generated;
    this.#kvBase[request] = tokens + 1 - this.#clock;
    this.#kvBaseSum += this.#kvBase[request]!;
    this.#started.push(request);
    if (left <= 0) this.#finish(request);
    else this.#decoding.push(this.#clock + left, request);
  }

  #schedule(): Schedule {
    const measured = <Value>(values: readonly Value[]): Value[] =>
      values.slice(this.#load.warmUpRequests, this.#total);
    return {
      ...this.#record.columns(),
      sentEvent: Int32Array.from(measured(this.#sentEvent)),
      sentOffset: Float64Array.from(measured(this.#sentOffset)),
      firstEvent: Int32Array.from(measured(this.#firstEvent)),
      lastEvent: Int32Array.from(measured(this.#lastEvent)),
      outputTokens: Int32Array.from(measured(this.#output)),
      preemptions: this.#preemptions,
      turnAroundSeconds: this.#load.turnAroundSeconds,
      arrivalSeconds: this.#load.arrivalSeconds,
      streams: this.#load.streams,
    };
  }
}
