import { childSeed, createRandom } from '../../stats/random.ts';
import { acceptances, decodeStepsOf, drawnSteps, type Speculation, tokensPerStep } from '../speculation.ts';
import { requestLengths, spreadLengths } from './request-lengths.ts';
import type { Pause, Schedule } from './schedule.ts';
import type { SimulatedLoad } from './simulated-load.ts';

type RequestColumns = Pick<
  Schedule,
  'sentEvent' | 'sentOffset' | 'firstEvent' | 'lastEvent' | 'outputTokens' | 'pauses'
>;

/** Lengths of requests and the events they waited for, by number in the order of sending. */
export class RequestLog {
  /** Prompts, less what the prefix cache holds of all of them. */
  readonly input: number[] = [];
  /** Steps that give tokens, the first token's included: as many as tokens, without speculation. */
  readonly output: number[] = [];
  readonly #outputTokens: number[] = [];
  /** Event of the first token; undefined before it. */
  readonly first: number[] = [];
  readonly last: number[] = [];
  readonly #pauses: Pause[] = [];
  /** Event in which a preempted request stopped decoding. */
  readonly #pausedAt = new Map<number, number>();
  readonly #sentEvent: number[] = [];
  readonly #sentOffset: number[] = [];
  readonly #nextInput: () => number;
  readonly #nextOutput: () => number;
  readonly #cached: number;
  readonly #speculation: Speculation | undefined;
  #stepsOwed = 0;
  /** Draws how many proposed tokens a step accepts; null: all steps are alike. */
  readonly #accepted: (() => number) | null;

  /** Whole numbers of steps whose mean is that of their requests. */
  #stepsFor(tokens: number): number {
    if (this.#speculation === undefined) return tokens;
    if (this.#accepted !== null) return 1 + drawnSteps(tokens - 1, this.#accepted);
    const wanted = decodeStepsOf(tokens, this.#speculation) + this.#stepsOwed;
    const steps = Math.round(wanted);
    this.#stepsOwed = wanted - steps;
    return 1 + steps;
  }

  constructor(load: SimulatedLoad, speculation?: Speculation) {
    this.#speculation = speculation;
    this.#accepted =
      speculation && load.drawsAcceptance
        ? acceptances(speculation, createRandom(childSeed(load.seed, 3)))
        : null;
    this.#cached = load.cachedTokens ?? 0;
    this.#nextInput = load.inputSpread
      ? spreadLengths(load.inputTokens, load.inputSpread, load.seed, 0, load.inputLengths)
      : requestLengths(load.inputTokens, load.inputJitter, load.seed, 0);
    this.#nextOutput = requestLengths(load.outputTokens, load.outputJitter, load.seed, 1);
  }

  /** Output tokens of a request. */
  tokensOf(request: number): number {
    return this.#outputTokens[request]!;
  }

  /** Steps that a request has left which holds so many tokens of prompt and answer and has just got one more. */
  stepsLeft(request: number, tokens: number): number {
    const done = Math.round((tokens - this.input[request]!) / tokensPerStep(this.#speculation));
    return Math.max(0, this.output[request]! - 1 - done);
  }

  /** Requests so far. */
  get sent(): number {
    return this.input.length;
  }

  /** Draws a request that is sent `offset` seconds after `event` events; returns its number. */
  send(event: number, offset: number): number {
    this.input.push(Math.max(1, this.#nextInput() - this.#cached));
    const tokens = this.#nextOutput();
    this.#outputTokens.push(tokens);
    this.output.push(this.#stepsFor(tokens));
    this.#sentEvent.push(event);
    this.#sentOffset.push(offset);
    return this.sent - 1;
  }

  /** A request of an open loop has arrived: it was sent so long after so many events were over. */
  arrived(request: number, event: number, offset: number): void {
    this.#sentEvent[request] = event;
    this.#sentOffset[request] = offset;
  }

  /** A request was preempted before an event; without a first token it has no gap yet. */
  preempted(request: number, event: number): void {
    if (this.first[request] === undefined || this.#pausedAt.has(request)) return;
    this.#pausedAt.set(request, event);
  }

  /** The prompt of a request was computed in an event: it has its first token, or after a preemption the next one. */
  produced(request: number, event: number): void {
    this.first[request] ??= event;
    const firstEvent = this.#pausedAt.get(request);
    if (firstEvent === undefined) return;
    this.#pausedAt.delete(request);
    this.#pauses.push({ request, firstEvent, lastEvent: event });
  }

  /** The columns of a schedule for the requests from one number to before another. */
  columns(from: number, to: number): RequestColumns {
    return {
      sentEvent: Int32Array.from(this.#sentEvent.slice(from, to)),
      sentOffset: Float64Array.from(this.#sentOffset.slice(from, to)),
      firstEvent: Int32Array.from(this.first.slice(from, to)),
      lastEvent: Int32Array.from(this.last.slice(from, to)),
      outputTokens: Int32Array.from(this.#outputTokens.slice(from, to)),
      pauses: this.#pauses
        .filter(({ request }) => request >= from && request < to)
        .map((pause) => ({ ...pause, request: pause.request - from })),
    };
  }
}
