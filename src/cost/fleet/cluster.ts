import { FinishQueue } from '../../roofline/scheduler/finish-queue.ts';
import type { PairTransfer } from '../transfer-rules.ts';
import { Links } from './links.ts';
import type { RequestObjective } from './request-objectives.ts';
import type { Requests } from './requests.ts';
import type { Router } from './router.ts';
import type { Stretch } from './stretch.ts';
import { MissCounter, metricOf } from './tally.ts';
import type { Worker, WorkerListener } from './worker.ts';

/** How long a request's KV cache takes from one worker to another. */
export type KvTransfer = (request: number, from: Worker, to: Worker) => PairTransfer;

export interface ClusterOptions {
  readonly requests: Requests;
  readonly transfer: KvTransfer;
  /** Stops as soon as one of them is missed whatever follows. */
  readonly objectives: readonly RequestObjective[];
  /** Ends each request with its first token: enough to size a pool that only computes prompts. */
  readonly promptsOnly?: boolean;
  readonly onStretch?: ((worker: Worker, stretch: Stretch) => void) | undefined;
}

/** Simulates requests through workers that a router chooses: events in the order of their times, nothing random. */
export class Cluster implements WorkerListener {
  readonly #options: ClusterOptions;
  readonly #events = new FinishQueue();
  readonly #onTheWay = new FinishQueue();
  readonly #targets: Int32Array;
  readonly #overheads: Float64Array;
  readonly #links = new Links();
  readonly #counters: readonly MissCounter[];
  #workers: readonly Worker[] = [];
  #router: Router | null = null;
  #missed = false;

  constructor(options: ClusterOptions) {
    const { requests, objectives } = options;
    this.#options = options;
    this.#targets = new Int32Array(requests.count);
    this.#overheads = new Float64Array(requests.count);
    const several = requests.output.reduce((count, output) => count + (output > 1 ? 1 : 0), 0);
    this.#counters = objectives.map(
      (one) => new MissCounter(one, one.metric === 'tpot' ? several : requests.count),
    );
  }

  /** TTFT outside the engine, of the worker that computed a request's prompt; s. */
  overheadOf = (request: number): number => this.#overheads[request]!;

  /**
   * @returns whether the objectives can still be met: false as soon as one is missed beyond recall, true at the end of all
   *   requests (then see `reachedBy`)
   */
  run(workers: readonly Worker[], router: Router): boolean {
    this.#workers = workers;
    this.#router = router;
    const { at_s, count } = this.#options.requests;
    let arrived = 0;
    for (;;) {
      const arrival = arrived < count ? at_s[arrived]! : Number.POSITIVE_INFINITY;
      const [event, landing] = [this.#events.nextStep, this.#onTheWay.nextStep];
      const now = Math.min(arrival, event, landing);
      if (now === Number.POSITIVE_INFINITY) return true;
      if (event === now) this.#workerEvent(now);
      else if (landing === now) this.#land(this.#onTheWay.pop(), now);
      else {
        this.#arrive(arrived, now);
        arrived += 1;
      }
      if (this.#missed) return false;
    }
  }

  #workerEvent(now: number): void {
    const worker = this.#workers[this.#events.pop()]!;
    // A stretch that was cut short has an event of its own.
    if (worker.until !== now) return;
    worker.advance(now);
    this.#schedule(worker);
  }

  #schedule(worker: Worker): void {
    if (worker.until < Number.POSITIVE_INFINITY) this.#events.push(worker.until, worker.index);
  }

  #arrive(request: number, now: number): void {
    const worker = this.#router!.prompt(request);
    this.#overheads[request] = worker.service.request_overhead_s;
    const before = worker.until;
    worker.addPrompt(request, now);
    if (worker.until !== before) this.#schedule(worker);
  }

  #land(request: number, now: number): void {
    const worker = this.#workers[this.#targets[request]!]!;
    const before = worker.until;
    worker.addDecode(request, now, true);
    if (worker.until !== before) this.#schedule(worker);
  }

  promptDone(worker: Worker, request: number, at: number): void {
    const { requests, promptsOnly, transfer } = this.#options;
    requests.first_s[request] = at;
    this.#count('ttft', request);
    if (promptsOnly) return;
    if (requests.output[request] === 1) {
      this.finished(worker, request, at);
      return;
    }
    const target = this.#router!.decode(request, worker);
    if (target === worker) {
      worker.addDecode(request, at, false);
      return;
    }
    this.#targets[request] = target.index;
    target.promise(request);
    const landing = this.#links.landing(worker.index, target.index, at, transfer(request, worker, target));
    this.#onTheWay.push(landing, request);
  }

  finished(_worker: Worker, request: number, at: number): void {
    this.#options.requests.last_s[request] = at;
    this.#count('tpot', request);
    this.#count('e2e', request);
  }

  worked(worker: Worker, stretch: Stretch): void {
    this.#options.onStretch?.(worker, stretch);
  }

  #count(metric: RequestObjective['metric'], request: number): void {
    for (const counter of this.#counters) {
      if (counter.metric !== metric) continue;
      const value = metricOf(this.#options.requests, request, metric, this.#overheads[request]!);
      if (value !== null && counter.misses(value)) this.#missed = true;
    }
  }
}
