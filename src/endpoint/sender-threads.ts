import type { Worker } from 'node:worker_threads';
import { hostClockOffsetS } from '../host-clock.ts';
import type { RequestSpec } from '../load/port.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { failed } from './failure.ts';
import { giveBackThread, takeThread } from './idle-threads.ts';
import type { SenderOptions, Senders } from './sender.ts';
import type { SenderAsk, SenderReport, SendOrder } from './sender-messages.ts';
import { addCounts, type ClientCounts } from './socket-counts.ts';
import { type TravellingTimeline, unpackTimeline } from './travelling-timeline.ts';

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
  readonly #worker: Worker = takeThread();
  readonly #inFlight = new Map<number, InFlight>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #sends: SendOrder[] = [];
  #aborts: number[] = [];
  #wantCounts = false;
  #ordered = false;
  /** Why the thread is gone. */
  #error: Error | null = null;
  #countsHeard: PromiseWithResolvers<ClientCounts>[] = [];

  constructor(options: SenderOptions) {
    this.#worker.on('message', this.#heard);
    this.#worker.on('error', this.#failed);
    this.#worker.on('exit', this.#exited);
    // Whoever waits hears of it; requests that nobody waited for fail by themselves.
    this.#opened.promise.catch(() => {});
    this.#ask({ kind: 'open', options });
  }

  get ready(): Promise<void> {
    return this.#opened.promise;
  }

  send(order: SendOrder, ended: (timeline: RequestTimeline) => void): () => void {
    const { spec } = order;
    const request = { spec, ended };
    this.#inFlight.set(spec.sequence, request);
    const error = this.#error;
    if (error !== null) {
      queueMicrotask(() => this.#gone(error));
      return () => {};
    }
    this.#sends.push(order);
    this.#order();
    return () => {
      if (this.#inFlight.get(spec.sequence) !== request) return;
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

  /** Requests that are still in flight fail, and the thread ends with them; without any, others may use it. */
  async close(): Promise<void> {
    if (this.#error === null) {
      this.#sendOrders();
      this.#error = new Error('closed');
      if (this.#inFlight.size > 0) await this.#worker.terminate();
      else this.#ask({ kind: 'close' });
    }
    await this.#closed.promise;
  }

  #ask(ask: SenderAsk): void {
    this.#worker.postMessage(ask);
  }

  /** One message for all that comes up before this turn of the loop is over. */
  #order(): void {
    if (this.#ordered) return;
    this.#ordered = true;
    queueMicrotask(() => this.#sendOrders());
  }

  #sendOrders(): void {
    if (!this.#ordered) return;
    const [sends, aborts, wantCounts] = [this.#sends, this.#aborts, this.#wantCounts];
    [this.#sends, this.#aborts, this.#wantCounts, this.#ordered] = [[], [], false, false];
    this.#ask({ kind: 'orders', sends, aborts, wantCounts });
  }

  readonly #heard = (report: SenderReport): void => {
    switch (report.kind) {
      case 'opened':
        this.#opened.resolve();
        break;
      case 'ended':
        for (const travelled of report.timelines) this.#ended(travelled);
        break;
      case 'counts':
        for (const heard of this.#countsHeard.splice(0)) heard.resolve(report.counts);
        break;
      case 'closed':
        this.#leave();
        giveBackThread(this.#worker);
        this.#closed.resolve();
        break;
    }
  };

  readonly #failed = (error: Error): void => {
    this.#error = error;
  };

  readonly #exited = (): void => {
    this.#error ??= new Error('closed');
    this.#leave();
    this.#opened.reject(this.#error);
    this.#closed.resolve();
    this.#gone(this.#error);
  };

  #leave(): void {
    this.#worker.off('message', this.#heard).off('error', this.#failed).off('exit', this.#exited);
  }

  #ended(travelled: TravellingTimeline): void {
    const { sequence } = travelled.facts;
    const request = this.#inFlight.get(sequence)!;
    this.#inFlight.delete(sequence);
    const timeline = unpackTimeline(travelled, -hostClockOffsetS);
    // What this thread knows need not travel: the clocks' difference would round it.
    request.ended({ ...timeline, scheduled_s: request.spec.scheduledAt });
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
