import { batchDecode } from '../measure/decode-steps.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import type { CellPhase } from '../run/events.ts';
import { BatchStop } from './batch-stop.ts';
import type { ClosedLoopCell, LoadHooks, StoppedBy } from './cell.ts';
import { Failures, MOST_PROBES, waitAfter } from './failures.ts';
import { clampLength } from './lengths.ts';
import type { LoadPort } from './port.ts';
import { sendProbe } from './probe.ts';
import { PROGRESS_PERIOD_S, Progress } from './progress.ts';
import { rebase } from './rebase.ts';
import { Requests } from './requests.ts';
import { Timers } from './timers.ts';

/**
 * Runs one cell of kind `decode`: batches of `concurrency` requests released together, all of one length, the next when
 * the last request of the one before has ended. A probe and one batch come first and are not measured. The window goes
 * from the release of the first measured batch to the end of the last one; a batch that has begun is always finished.
 * Knows time only through the port. `hooks.done` is called exactly once, whatever happens.
 */
export function runDecodeBatches(port: LoadPort, cell: ClosedLoopCell, hooks: LoadHooks): { cancel(): void } {
  const batches = new DecodeBatches(port, cell, hooks);
  batches.start();
  return { cancel: () => batches.stop('cancelled') };
}

class DecodeBatches {
  readonly #port: LoadPort;
  readonly #cell: ClosedLoopCell;
  readonly #hooks: LoadHooks;
  readonly #origin: number;
  readonly #requests: Requests;
  readonly #timers: Timers;
  readonly #failures = new Failures();
  readonly #progress: Progress;
  readonly #stop: BatchStop;
  #phase: CellPhase = 'probe';
  #residence = 0;
  #openedAt: number | null = null;
  #closedAt: number | null = null;
  #batch: RequestTimeline[] = [];
  #stoppedBy: StoppedBy | null = null;
  #done = false;

  constructor(port: LoadPort, cell: ClosedLoopCell, hooks: LoadHooks) {
    this.#port = port;
    this.#cell = cell;
    this.#hooks = hooks;
    this.#origin = port.now();
    this.#requests = new Requests(port);
    this.#timers = new Timers(port);
    this.#progress = new Progress(cell.concurrency);
    this.#stop = new BatchStop(cell.stop);
  }

  start(): void {
    if (this.#hooks.progress) this.#timers.every(PROGRESS_PERIOD_S, () => this.#report());
    this.#probe(1);
  }

  /** Ends the cell now: nothing new is sent, what is in flight is aborted. */
  stop(by: StoppedBy): void {
    if (this.#stoppedBy !== null) return;
    this.#stoppedBy = by;
    if (this.#openedAt !== null) this.#close();
    this.#timers.cancelAll();
    this.#requests.abortAll();
    this.#finishWhenEmpty();
  }

  #report(): void {
    const elapsed = this.#port.now() - this.#origin;
    this.#hooks.progress?.(this.#progress.snapshot(this.#phase, elapsed, this.#requests.inFlight));
  }

  #probe(attempt: number): void {
    sendProbe(this.#requests, this.#cell, this.#port.now(), (stay, probe) => {
      if (this.#stoppedBy !== null) this.#finishWhenEmpty();
      else if (stay !== null) this.#begin(stay);
      else if (attempt >= MOST_PROBES) this.stop('failed');
      else this.#timers.at(this.#port.now() + waitAfter(attempt, probe), () => this.#probe(attempt + 1));
    });
  }

  #begin(residence: number): void {
    this.#residence = residence;
    this.#phase = 'warm_up';
    this.#release();
  }

  #release(): void {
    const { concurrency, inputTokens } = this.#cell;
    const scheduledAt = this.#port.now();
    const outputTokens = clampLength(this.#cell.outputTokens, this.#cell);
    this.#batch = [];
    for (let stream = 0; stream < concurrency; stream += 1) {
      const ask = { stream, role: 'load', scheduledAt, inputTokens, outputTokens } as const;
      this.#requests.send(ask, (timeline) => this.#ended(timeline));
    }
  }

  #ended(timeline: RequestTimeline): void {
    if (this.#stoppedBy !== null) {
      this.#finishWhenEmpty();
      return;
    }
    this.#batch.push(timeline);
    if (timeline.outcome.state === 'completed') this.#progress.add(timeline);
    else this.#failures.failed(timeline.stream);
    if (this.#failures.tooMany) this.stop('failed');
    else if (this.#batch.length === this.#cell.concurrency) this.#batchEnded();
  }

  #batchEnded(): void {
    const now = this.#port.now();
    const failed = this.#batch.find(({ outcome }) => outcome.state !== 'completed');
    const whole = failed === undefined;
    const decision = this.#openedAt === null ? null : this.#measured(now - this.#openedAt, whole);
    if (decision !== null) this.stop(decision);
    else if (!whole) this.#timers.at(now + waitAfter(1, failed), () => this.#release());
    else {
      // A first batch in which a request failed would have warmed nothing for sure.
      if (this.#openedAt === null) this.#open(now);
      this.#release();
    }
  }

  #measured(elapsed: number, whole: boolean): StoppedBy | null {
    if (whole) this.#stop.add(batchDecode(this.#batch)?.tpot_s ?? null, this.#batch.length);
    return this.#stop.decide(elapsed);
  }

  #open(now: number): void {
    this.#phase = 'window';
    this.#openedAt = now;
    this.#hooks.windowOpened?.();
  }

  #close(): void {
    this.#phase = 'drain';
    this.#closedAt = this.#port.now();
    this.#hooks.windowClosed?.();
  }

  #finishWhenEmpty(): void {
    if (this.#done || this.#requests.inFlight > 0) return;
    this.#done = true;
    const origin = this.#origin;
    this.#hooks.done({
      timelines: this.#requests.timelines.map((timeline) => rebase(timeline, origin)),
      residence_s: this.#residence,
      window:
        this.#openedAt === null
          ? null
          : { opened_s: this.#openedAt - origin, closed_s: this.#closedAt! - origin },
      stoppedBy: this.#stoppedBy!,
      warmUpCapped: false,
    });
  }
}
