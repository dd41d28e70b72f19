import type { RequestTimeline } from '../measure/timeline.ts';
import type { CellPhase } from '../run/events.ts';
import type { ClosedLoopCell, LoadHooks, StoppedBy } from './cell.ts';
import { Failures, MOST_PROBES, waitAfter } from './failures.ts';
import { firstRequestShare, outputLengths } from './lengths.ts';
import type { LoadPort } from './port.ts';
import { sendProbe } from './probe.ts';
import { PROGRESS_PERIOD_S, Progress } from './progress.ts';
import { rebase } from './rebase.ts';
import { type InFlight, Requests } from './requests.ts';
import { SteadyWindow } from './steady-window.ts';
import { Timers } from './timers.ts';
import { warmUpIsOver } from './warm-up.ts';

/**
 * Runs one closed-loop cell: probe, even release, undrained warm-up, steady window, fillers until the last request sent
 * inside the window has finished. Knows time only through the port, so it runs the same in virtual time.
 * `hooks.done` is called exactly once, whatever happens; `cancel` aborts what is in flight and ends with 'cancelled'.
 */
export function runClosedLoop(port: LoadPort, cell: ClosedLoopCell, hooks: LoadHooks): { cancel(): void } {
  const loop = new ClosedLoop(port, cell, hooks);
  loop.start();
  return { cancel: () => loop.stop('cancelled') };
}

class ClosedLoop {
  readonly #port: LoadPort;
  readonly #cell: ClosedLoopCell;
  readonly #hooks: LoadHooks;
  readonly #origin: number;
  readonly #requests: Requests;
  readonly #timers: Timers;
  readonly #failures = new Failures();
  readonly #progress: Progress;
  readonly #drawLength: () => number;
  #phase: CellPhase = 'probe';
  #probeResidence = 0;
  /** Time that a request stays, s: the probe's, or under load where that is longer. */
  #residence = 0;
  #releasedAt = 0;
  #warmUpCapped = false;
  #window: SteadyWindow | null = null;
  #stoppedBy: StoppedBy = 'cancelled';
  #ending = false;
  #done = false;

  constructor(port: LoadPort, cell: ClosedLoopCell, hooks: LoadHooks) {
    this.#port = port;
    this.#cell = cell;
    this.#hooks = hooks;
    this.#origin = port.now();
    this.#requests = new Requests(port);
    this.#timers = new Timers(port);
    this.#progress = new Progress(cell.concurrency);
    this.#drawLength = outputLengths(cell);
  }

  start(): void {
    if (this.#hooks.progress) this.#timers.every(PROGRESS_PERIOD_S, () => this.#report());
    this.#probe(1);
  }

  /** Ends the cell now: nothing new is sent, what is in flight is aborted. */
  stop(by: StoppedBy): void {
    if (this.#ending) return;
    if (this.#phase === 'window') this.#closeWindow();
    this.#end(by);
  }

  #report(): void {
    const elapsed = this.#port.now() - this.#origin;
    this.#hooks.progress?.(this.#progress.snapshot(this.#phase, elapsed, this.#requests.inFlight));
  }

  #probe(attempt: number): void {
    sendProbe(this.#requests, this.#cell, this.#port.now(), (stay, probe) => {
      if (this.#ending) this.#finishWhenEmpty();
      else if (stay !== null) this.#release(stay);
      else if (attempt >= MOST_PROBES) this.stop('failed');
      else this.#timers.at(this.#port.now() + waitAfter(attempt, probe), () => this.#probe(attempt + 1));
    });
  }

  #release(probeResidence: number): void {
    const { concurrency, protocol } = this.#cell;
    const now = this.#port.now();
    this.#phase = 'warm_up';
    this.#probeResidence = probeResidence;
    this.#residence = probeResidence;
    this.#releasedAt = now;
    const spread = protocol.release === 'spread' ? Math.min(probeResidence, protocol.warm_up_max_s) : 0;
    for (let stream = 0; stream < concurrency; stream++) {
      const time = now + (stream * spread) / concurrency;
      this.#timers.at(time, () => this.#start(stream, time));
    }
    this.#timers.at(now + protocol.warm_up_max_s, () => {
      if (this.#phase !== 'warm_up') return;
      this.#warmUpCapped = true;
      this.#openWhenReady(this.#requests.inFlight);
    });
  }

  #start(stream: number, scheduledAt: number): void {
    const share = this.#cell.protocol.release === 'spread' ? firstRequestShare(stream) : 1;
    this.#next(stream, scheduledAt, Math.max(1, Math.round(share * this.#drawLength())));
  }

  #next(stream: number, scheduledAt: number, outputTokens = this.#drawLength()): void {
    const role = this.#phase === 'drain' ? 'filler' : 'load';
    const ask = { stream, role, scheduledAt, inputTokens: this.#cell.inputTokens } as const;
    this.#requests.send({ ...ask, outputTokens }, (timeline, request) => this.#ended(timeline, request));
  }

  #ended(timeline: RequestTimeline, request: InFlight): void {
    if (this.#ending) {
      this.#finishWhenEmpty();
      return;
    }
    const completed = timeline.outcome.state === 'completed';
    const wait = completed ? 0 : this.#failures.failed(timeline.stream, timeline);
    if (completed) this.#completed(timeline, request);
    else if (this.#failures.tooMany) this.stop('failed');
    if (this.#phase === 'drain') this.#releaseAwaited(request);
    if (this.#ending) return;
    const now = this.#port.now();
    if (completed) this.#next(timeline.stream, now);
    else this.#timers.at(now + wait, () => this.#next(timeline.stream, now + wait));
  }

  #completed(timeline: RequestTimeline, request: InFlight): void {
    this.#failures.succeeded(timeline.stream);
    this.#progress.add(timeline);
    if (this.#phase === 'drain') return;
    this.#residence = Math.max(this.#probeResidence, this.#progress.residence ?? 0);
    // The stream sends its next request in this same instant: it counts as in flight.
    if (this.#phase === 'warm_up') this.#openWhenReady(this.#requests.inFlight + 1);
    else this.#closeWhen(this.#window!.completed(timeline, request, this.#port.now(), this.#residence));
  }

  #openWhenReady(inFlight: number): void {
    const now = this.#port.now();
    const over = warmUpIsOver({
      concurrency: this.#cell.concurrency,
      elapsedSeconds: now - this.#releasedAt,
      residenceSeconds: this.#residence,
      leastSeconds: this.#cell.protocol.warm_up_min_s ?? 0,
      completed: this.#progress.completed,
      inFlight,
      capped: this.#warmUpCapped,
    });
    if (!over) return;
    const window = new SteadyWindow(now, this.#cell.stop, this.#cell.concurrency);
    this.#phase = 'window';
    this.#window = window;
    this.#timers.at(now + this.#cell.stop.max_s, () => {
      if (this.#phase === 'window') this.#closeWhen(window.decide(this.#port.now(), this.#residence));
    });
    this.#hooks.windowOpened?.();
  }

  #closeWhen(decision: StoppedBy | null): void {
    if (decision === null) return;
    this.#stoppedBy = decision;
    this.#closeWindow();
    if (this.#window!.settled) this.#end(decision);
  }

  #closeWindow(): void {
    this.#phase = 'drain';
    this.#window!.close(this.#port.now(), this.#requests.list());
    this.#hooks.windowClosed?.();
  }

  #releaseAwaited(request: InFlight): void {
    this.#window!.release(request);
    if (this.#window!.settled) this.#end(this.#stoppedBy);
  }

  #end(by: StoppedBy): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#stoppedBy = by;
    this.#timers.cancelAll();
    this.#requests.abortAll();
    this.#finishWhenEmpty();
  }

  #finishWhenEmpty(): void {
    if (this.#done || this.#requests.inFlight > 0) return;
    this.#done = true;
    const origin = this.#origin;
    const window = this.#window;
    this.#hooks.done({
      timelines: this.#requests.timelines.map((timeline) => rebase(timeline, origin)),
      residence_s: this.#residence,
      window: window && { opened_s: window.openedAt - origin, closed_s: window.closedAt! - origin },
      stoppedBy: this.#stoppedBy,
      warmUpCapped: this.#warmUpCapped,
    });
  }
}
