import type { Overload } from '../measure/overload.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { sendArrivals } from './arrival-sender.ts';
import type { LoadHooks, LoadResult, OpenLoadResult, OpenLoopCell } from './cell.ts';
import type { Alone } from './cell-run.ts';
import { windowOf } from './open-window.ts';
import { OverloadWatch, SAMPLE_PERIOD_S } from './overload.ts';
import type { LoadPort } from './port.ts';
import { Progress } from './progress.ts';
import type { InFlight } from './requests.ts';
import { SteadyRun } from './steady-run.ts';
import type { SteadyWindow } from './steady-window.ts';
import { openWarmUpIsOver, type WarmUpState } from './warm-up.ts';

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
  const loop = new OpenLoop(port, cell, hooks, 1).start();
  return { cancel: () => loop.stop('cancelled') };
}

class OpenLoop extends SteadyRun<OpenLoopCell, OpenLoadResult> {
  #watch: OverloadWatch | null = null;
  #overload: Overload | null = null;

  protected begin(alone: Alone): void {
    const rate = this.cell.arrivals.rate_per_s;
    this.progress = new Progress(Math.ceil(rate * alone.residence));
    this.#watch = new OverloadWatch(rate, alone, this.port.now());
    this.timers.every(SAMPLE_PERIOD_S, () => this.#look());
    this.warmUp();
    sendArrivals(this.port, this.timers, this.requests, this.cell, {
      role: () => (this.phase === 'drain' ? 'filler' : 'load'),
      ended: (timeline, request) => this.#ended(timeline, request),
      overrun: () => this.#overrun(),
      traceEnded: () => (this.phase === 'window' ? this.closeWhen('trace_ended') : this.stop('trace_ended')),
    });
  }

  protected isWarm(state: WarmUpState): boolean {
    return openWarmUpIsOver(state);
  }

  protected windowFrom(now: number): SteadyWindow {
    return windowOf(this.cell, now, this.residence);
  }

  protected openInFlight(): number {
    return this.cell.arrivals.rate_per_s * this.residence;
  }

  protected isRepeatable(): boolean {
    return this.cell.trace === null;
  }

  protected override maySettle(now: number): boolean {
    return !this.#watch!.isGrowing(now);
  }

  protected resultOf(run: Pick<LoadResult, 'timelines' | 'residence_s' | 'stoppedBy'>): OpenLoadResult {
    const overload = this.#overload;
    const facts = this.steadyFacts();
    // Nothing of an overloaded loop was steady.
    return { ...run, ...facts, window: overload === null ? facts.window : null, overload };
  }

  #overrun(): void {
    this.#overloaded(this.#watch!.report(this.port.now(), this.requests.inFlight, 'bound'));
  }

  #look(): void {
    const { inFlight } = this.requests;
    const found = this.#watch!.sample(this.port.now(), inFlight);
    // A trace may hold a burst that no server keeps up with: what it does to the latencies is what is asked.
    if (found !== null && this.cell.trace === null) this.#overloaded(found);
  }

  #overloaded(overload: Overload): void {
    this.#overload = overload;
    this.stop('overloaded');
  }

  #ended(timeline: RequestTimeline, request: InFlight): void {
    if (this.ending) {
      this.finishWhenEmpty();
      return;
    }
    if (timeline.outcome.state === 'completed') {
      this.#watch!.completed(timeline);
      this.completed(timeline, request);
    } else {
      this.failures.failed(timeline.stream);
      if (this.failures.tooMany) this.stop('failed');
    }
    this.releaseAwaited(request);
  }
}
