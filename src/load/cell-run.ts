import { ttft } from '../measure/latency.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import type { CellPhase } from '../run/events.ts';
import type { BaseCell, LoadHooks, LoadResult, StoppedBy } from './cell.ts';
import { Failures, MOST_PROBES, waitAfter } from './failures.ts';
import type { LoadPort } from './port.ts';
import { sendProbe } from './probe.ts';
import { PROGRESS_PERIOD_S, Progress } from './progress.ts';
import { rebase } from './rebase.ts';
import { Requests } from './requests.ts';
import { Timers } from './timers.ts';

/** What the lone probe found, s. */
export interface Alone {
  readonly residence: number;
  readonly ttft: number;
}

/** What every load pattern has in common: a probe first, an end that waits for the last request, a result told once. */
export abstract class CellRun<Cell extends BaseCell, Result extends LoadResult> {
  protected readonly port: LoadPort;
  protected readonly cell: Cell;
  protected readonly requests: Requests;
  protected readonly timers: Timers;
  protected readonly failures = new Failures();
  protected progress: Progress;
  protected phase: CellPhase = 'probe';
  /** Time that a request stays, s: the probe's, or under load where that is longer. */
  protected residence = 0;
  protected readonly hooks: LoadHooks<Result>;
  readonly #origin: number;
  #stoppedBy: StoppedBy | null = null;
  #done = false;

  /** @param expected requests in flight, over which the live figures are means */
  constructor(port: LoadPort, cell: Cell, hooks: LoadHooks<Result>, expected: number) {
    this.port = port;
    this.cell = cell;
    this.hooks = hooks;
    this.#origin = port.now();
    this.requests = new Requests(port);
    this.timers = new Timers(port);
    this.progress = new Progress(expected);
  }

  start(): this {
    if (this.hooks.progress) this.timers.every(PROGRESS_PERIOD_S, () => this.#report());
    this.#probe(1);
    return this;
  }

  /** Ends the cell now: nothing new is sent, what is in flight is aborted. */
  stop(by: StoppedBy): void {
    if (this.ending) return;
    this.closeOpenWindow();
    this.end(by);
  }

  protected get ending(): boolean {
    return this.#stoppedBy !== null;
  }

  /** The probe is back: the load may begin. */
  protected abstract begin(alone: Alone): void;

  /** Closes the window of a cell that is stopped, where one is open. */
  protected abstract closeOpenWindow(): void;

  /** The result of a cell that has ended. */
  protected abstract resultOf(run: Pick<LoadResult, 'timelines' | 'residence_s' | 'stoppedBy'>): Result;

  protected end(by: StoppedBy): void {
    if (this.ending) return;
    this.#stoppedBy = by;
    this.timers.cancelAll();
    this.requests.abortAll();
    this.finishWhenEmpty();
  }

  protected finishWhenEmpty(): void {
    if (this.#done || this.requests.inFlight > 0) return;
    this.#done = true;
    this.hooks.done(
      this.resultOf({
        timelines: this.requests.timelines.map((timeline) => rebase(timeline, this.#origin)),
        residence_s: this.residence,
        stoppedBy: this.#stoppedBy!,
      }),
    );
  }

  /** A time of the port's clock as seconds from the cell's origin. */
  protected sinceOrigin(time: number): number {
    return time - this.#origin;
  }

  #report(): void {
    const elapsed = this.sinceOrigin(this.port.now());
    this.hooks.progress?.(this.progress.snapshot(this.phase, elapsed, this.requests.inFlight));
  }

  #probe(attempt: number): void {
    sendProbe(this.requests, this.cell, this.port.now(), (stay, probe) => {
      if (this.ending) this.finishWhenEmpty();
      else if (stay !== null) this.#probed(stay, probe);
      else if (attempt >= MOST_PROBES) this.stop('failed');
      else this.timers.at(this.port.now() + waitAfter(attempt, probe), () => this.#probe(attempt + 1));
    });
  }

  #probed(residence: number, probe: RequestTimeline): void {
    this.residence = residence;
    this.phase = 'warm_up';
    this.begin({ residence, ttft: ttft(probe) ?? residence });
  }
}
