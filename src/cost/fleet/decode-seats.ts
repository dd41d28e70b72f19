import { DecodeBatch } from './decode-batch.ts';
import { heldOf, type Requests } from './requests.ts';
import type { Service } from './service.ts';
import { WaitingLine } from './waiting-line.ts';

/** Answers of a worker: those that decode, those that wait for a seat, and those whose KV cache is on its way. */
export class DecodeSeats {
  readonly running: DecodeBatch;
  readonly #requests: Requests;
  readonly #service: Service;
  readonly #ready = new WaitingLine();
  /** Of those that join with the next step: seconds since their last token. */
  #waits: number[] = [];
  #promised = 0;
  #committedTokens = 0;

  constructor(service: Service, requests: Requests) {
    this.#service = service;
    this.#requests = requests;
    this.running = new DecodeBatch(requests);
  }

  /** Sequences that decode, wait to, or are on their way. */
  get count(): number {
    return this.running.size + this.#ready.size + this.#promised;
  }

  /** KV tokens of all of them, whole, but for what all prompts share. */
  get committedTokens(): number {
    return this.#committedTokens;
  }

  /** An answer on its way here counts at once, or all of a burst would go to one worker. */
  promise(request: number): void {
    this.#committedTokens += heldOf(this.#requests, request);
    this.#promised += 1;
  }

  /** @param promised whether it was announced */
  arrive(request: number, promised: boolean): void {
    if (promised) this.#promised -= 1;
    else this.#committedTokens += heldOf(this.#requests, request);
    this.#ready.push(request);
  }

  get waits(): readonly number[] {
    return this.#waits;
  }

  /** So many steps of all that decode are done. */
  advance(steps: number): void {
    this.running.advance(steps);
    if (steps > 0) this.#waits = [];
  }

  /**
   * Lets sequences in, first come first served, while there is a seat and room for their whole KV cache.
   * @param isKnown whether the step is planned with a request
   */
  join(now: number, isKnown: (request: number) => boolean): void {
    const { seats, kv_capacity_tokens } = this.#service;
    while (this.#ready.size > 0 && this.running.size < seats) {
      const request = this.#ready.first;
      if (!isKnown(request)) return;
      const held = this.running.heldTokens + heldOf(this.#requests, request);
      if (this.running.size > 0 && held > kv_capacity_tokens) return;
      this.#ready.shift();
      this.#waits.push(now - this.#requests.first_s[request]!);
      this.running.join(request);
    }
  }

  /** Takes out one that has finished; null when there is none. */
  takeFinished(): number | null {
    const request = this.running.takeFinished();
    if (request !== null) this.#committedTokens -= heldOf(this.#requests, request);
    return request;
  }
}
