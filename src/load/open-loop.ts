import { ttft } from '../measure/latency.ts';
import type { Overload } from '../measure/overload.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import type { CellPhase, CellProgress } from '../run/events.ts';
import { sendArrivals } from './arrival-sender.ts';
import type { LoadHooks, OpenLoadResult, OpenLoopCell, StoppedBy } from './cell.ts';
import { Failures, MOST_PROBES, waitAfter } from './failures.ts';
import { spanOf, windowOf } from './open-window.ts';
import { type Alone, OverloadWatch, SAMPLE_PERIOD_S } from './overload.ts';
import type { LoadPort } from './port.ts';
import { sendProbe } from './probe.ts';
import { PROGRESS_PERIOD_S, Progress } from './progress.ts';
import { rebase } from './rebase.ts';
import { type InFlight, Requests } from './requests.ts';
import type { SteadyWindow } from './steady-window.ts';
import { Timers } from './timers.ts';
import { openWarmUpIsOver } from './warm-up.ts';

/**
 * Runs one open-loop cell: probe, then requests at their scheduled times whatever is in flight: an undrained warm-up, the steady
 * window, fillers until the last request sent inside the window has finished. A loop whose requests come faster than they are
 * served ends as 'overloaded', without a window. Knows time only through the port, as `runClosedLoop` does.
 */
export function runOpenLoop(
  port: LoadPort,
  cell: OpenLoopCell,
  hooks: LoadHooks<OpenLoadResult>,
): { cancel(): void } {
  const loop = new OpenLoop(port, cell, hooks);
  loop.start();
  return { cancel: () => loop.stop('cancelled') };
}

class OpenLoop {
  readonly #port: LoadPort;
  readonly #cell: OpenLoopCell;
  readonly #hooks: LoadHooks<OpenLoadResult>;
  readonly #origin: number;
  readonly #requests: Requests;
  readonly #timers: Timers;
  readonly #failures = new Failures();
  #progress = new Progress(1);
  #phase: CellPhase = 'probe';
  #probeResidence = 0;
  /** Time that a request stays, s: the probe's, or under load where that is longer. */
  #residence = 0;
  #began = 0;
  #warmUpCapped = false;
  #window: SteadyWindow | null = null;
  #watch: OverloadWatch | null = null;
  #overload: Overload | null = null;
  #stoppedBy: StoppedBy = 'cancelled';
  #ending = false;
  #done = false;

  constructor(port: LoadPort, cell: OpenLoopCell, hooks: LoadHooks<OpenLoadResult>) {
    this.#port = port;
    this.#cell = cell;
    this.#hooks = hooks;
    this.#origin = port.now();
    this.#requests = new Requests(port);
    this.#timers = new Timers(port);
  }

  start(): void {
    const { progress } = this.#hooks;
    if (progress) this.#timers.every(PROGRESS_PERIOD_S, () => progress(this.#snapshot()));
    this.#probe(1);
  }

  /** Ends the cell now: nothing new is sent, what is in flight is aborted. */
  stop(by: StoppedBy): void {
    if (this.#ending) return;
    if (this.#phase === 'window') this.#closeWindow();
    this.#end(by);
  }

  #snapshot(): CellProgress {
    return this.#progress.snapshot(this.#phase, this.#port.now() - this.#origin, this.#requests.inFlight);
  }

  #probe(attempt: number): void {
    sendProbe(this.#requests, this.#cell, this.#port.now(), (stay, probe) => {
      if (this.#ending) this.#finishWhenEmpty();
      else if (stay !== null) this.#begin({ residence: stay, ttft: ttft(probe) ?? stay });
      else if (attempt >= MOST_PROBES) this.stop('failed');
      else this.#timers.at(this.#port.now() + waitAfter(attempt, probe), () => this.#probe(attempt + 1));
    });
  }

  #begin(alone: Alone): void {
    const now = this.#port.now();
    this.#phase = 'warm_up';
    this.#began = now;
    this.#probeResidence = alone.residence;
    this.#residence = alone.residence;
    this.#progress = new Progress(Math.ceil(this.#cell.arrivals.rate_per_s * alone.residence));
    this.#watch = new OverloadWatch(this.#cell.arrivals.rate_per_s, alone, now);
    this.#timers.every(SAMPLE_PERIOD_S, () => this.#look());
    this.#timers.at(now + this.#cell.protocol.warm_up_max_s, () => {
      if (this.#phase !== 'warm_up') return;
      this.#warmUpCapped = true;
      this.#openWhenReady();
    });
    sendArrivals(this.#port, this.#timers, this.#requests, this.#cell, {
      role: () => (this.#phase === 'drain' ? 'filler' : 'load'),
      ended: (timeline, request) => this.#ended(timeline, request),
      overrun: () => this.#overrun(),
      traceEnded: () =>
        this.#phase === 'window' ? this.#closeWhen('trace_ended') : this.stop('trace_ended'),
    });
  }

  #overrun(): void {
    this.#overloaded(this.#watch!.report(this.#port.now(), this.#requests.inFlight, 'bound'));
  }

  #look(): void {
    const { inFlight } = this.#requests;
    const found = this.#watch!.sample(this.#port.now(), inFlight);
    // A trace may hold a burst that no server keeps up with: what it does to the latencies is what is asked.
    if (found !== null && this.#cell.trace === null) this.#overloaded(found);
  }

  #overloaded(overload: Overload): void {
    this.#overload = overload;
    this.stop('overloaded');
  }

  #ended(timeline: RequestTimeline, request: InFlight): void {
    if (this.#ending) {
      this.#finishWhenEmpty();
      return;
    }
    if (timeline.outcome.state === 'completed') this.#completed(timeline, request);
    else {
      this.#failures.failed(timeline.stream);
      if (this.#failures.tooMany) this.stop('failed');
    }
    if (this.#phase === 'drain' && !this.#ending) this.#releaseAwaited(request);
  }

  #completed(timeline: RequestTimeline, request: InFlight): void {
    this.#progress.add(timeline);
    this.#watch!.completed(timeline);
    if (this.#phase === 'drain') return;
    this.#residence = Math.max(this.#probeResidence, this.#progress.residence ?? 0);
    if (this.#phase === 'warm_up') this.#openWhenReady();
    else this.#closeWhen(this.#window!.completed(timeline, request, this.#port.now(), this.#residence));
  }

  #openWhenReady(): void {
    const now = this.#port.now();
    const over = openWarmUpIsOver({
      elapsedSeconds: now - this.#began,
      residenceSeconds: this.#residence,
      leastSeconds: this.#cell.protocol.warm_up_min_s ?? 0,
      completed: this.#progress.completed,
      capped: this.#warmUpCapped,
    });
    if (!over) return;
    const window = windowOf(this.#cell, now, this.#residence);
    this.#phase = 'window';
    this.#window = window;
    if (this.#cell.trace === null) {
      this.#timers.at(now + this.#cell.stop.max_s, () => {
        if (this.#phase === 'window') this.#closeWhen(window.decide(this.#port.now(), this.#residence));
      });
    }
    this.#hooks.windowOpened?.();
  }

  #closeWhen(decision: StoppedBy | null): void {
    if (decision === null || (decision === 'converged' && this.#watch!.isGrowing(this.#port.now()))) return;
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
    this.#hooks.done({
      timelines: this.#requests.timelines.map((timeline) => rebase(timeline, this.#origin)),
      residence_s: this.#residence,
      // Nothing of an overloaded loop was steady.
      window: this.#overload === null && this.#window ? spanOf(this.#window, this.#origin) : null,
      stoppedBy: this.#stoppedBy,
      warmUpCapped: this.#warmUpCapped,
      overload: this.#overload,
    });
  }
}
