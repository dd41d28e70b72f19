import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { hostClockOffsetS } from '../host-clock.ts';
import type { RequestSpec } from '../load/port.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { failed } from './failure.ts';
import type { SenderOptions, Senders } from './sender.ts';
import type { SenderOrders, SenderReport, SendOrder } from './sender-messages.ts';
import { addCounts, type ClientCounts } from './socket-counts.ts';
import { unpackTimeline } from './travelling-timeline.ts';

/** The thread's file beside this one, compiled or not. */
const THREAD = new URL(`./sender-thread${extname(import.meta.url)}`, import.meta.url);

/** Spreads requests over several threads by their streams; their raw timelines come back on this thread's clock. */
export class SenderThreads implements Senders {
  readonly #threads: readonly SenderThread[];

  constructor(options: SenderOptions, count: number) {
    this.#threads = Array.from({ length: count }, () => new SenderThread(options));
  }

  async ready(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.ready));
  }

  send(spec: RequestSpec, body: string, ended: (timeline: RequestTimeline) => void): () => void {
    return this.#threads[spec.stream % this.#threads.length]!.send({ spec, body }, ended);
  }

  async counts(): Promise<ClientCounts> {
    return addCounts(await Promise.all(this.#threads.map((thread) => thread.counts())));
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

interface InFlight {
  readonly spec: RequestSpec;
  readonly ended: (timeline: RequestTimeline) => void;
}

class SenderThread {
  readonly #worker: Worker;
  readonly #inFlight = new Map<number, InFlight>();
  readonly ready: Promise<void>;
  #sends: SendOrder[] = [];
  #aborts: number[] = [];
  #wantCounts = false;
  #ordered = false;
  /** Why the thread is gone. */
  #error: Error | null = null;
  #countsHeard: PromiseWithResolvers<ClientCounts>[] = [];

  constructor(options: SenderOptions) {
    this.#worker = new Worker(THREAD, { workerData: options });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (report: SenderReport) => {
        if (report.kind === 'ready') resolve();
        else this.#heard(report);
      });
      this.#worker.once('error', (error) => {
        this.#error = error as Error;
      });
      this.#worker.once('exit', () => {
        this.#error ??= new Error('closed');
        reject(this.#error);
        this.#gone(this.#error);
      });
    });
    // Whoever waits hears of it; requests that nobody waited for fail by themselves.
    this.ready.catch(() => {});
  }

  send(order: SendOrder, ended: (timeline: RequestTimeline) => void): () => void {
    const { spec } = order;
    this.#inFlight.set(spec.sequence, { spec, ended });
    const error = this.#error;
    if (error !== null) {
      queueMicrotask(() => this.#gone(error));
      return () => {};
    }
    this.#sends.push(order);
    this.#order();
    return () => {
      this.#aborts.push(spec.sequence);
      this.#order();
    };
  }

  counts(): Promise<ClientCounts> {
    if (this.#error !== null) return Promise.reject(this.#error);
    this.#wantCounts = true;
    this.#order();
    const heard = Promise.withResolvers<ClientCounts>();
    this.#countsHeard.push(heard);
    return heard.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** One message for all that comes up before this turn of the loop is over. */
  #order(): void {
    if (this.#ordered) return;
    this.#ordered = true;
    queueMicrotask(() => {
      const orders: SenderOrders = {
        sends: this.#sends,
        aborts: this.#aborts,
        wantCounts: this.#wantCounts,
      };
      [this.#sends, this.#aborts, this.#wantCounts, this.#ordered] = [[], [], false, false];
      this.#worker.postMessage(orders);
    });
  }

  #heard(report: Exclude<SenderReport, { kind: 'ready' }>): void {
    if (report.kind === 'counts') {
      for (const heard of this.#countsHeard.splice(0)) heard.resolve(report.counts);
      return;
    }
    for (const travelled of report.timelines) {
      const { sequence } = travelled.facts;
      const request = this.#inFlight.get(sequence)!;
      this.#inFlight.delete(sequence);
      const timeline = unpackTimeline(travelled, -hostClockOffsetS);
      // What this thread knows need not travel: the clocks' difference would round it.
      request.ended({ ...timeline, scheduled_s: request.spec.scheduledAt });
    }
  }

  /** A thread that died takes its requests with it; they fail like on a lost connection. */
  #gone(error: Error): void {
    for (const heard of this.#countsHeard.splice(0)) heard.reject(error);
    for (const [sequence, { spec, ended }] of [...this.#inFlight]) {
      this.#inFlight.delete(sequence);
      ended(lost(spec, error));
    }
  }
}

function lost(spec: RequestSpec, error: Error): RequestTimeline {
  const { sequence, stream, role, inputTokens, outputTokens, scheduledAt } = spec;
  const now = performance.now() / 1000;
  return {
    ...{ sequence, stream, role, input_tokens: inputTokens, output_tokens: outputTokens },
    ...{ scheduled_s: scheduledAt, sent_s: now, first_byte_s: null, ended_s: now },
    ...{ usage: null, tokens_counted_by: 'chunks', first_choices_s: null },
    chunks: { at_s: [], tokens: [], bound_s: [] },
    outcome: failed('connection', `a thread of the client ended: ${error.message}`),
  };
}
