import type { RequestTimeline } from '../measure/timeline.ts';
import type { BaseCell, LoadResult, StoppedBy } from './cell.ts';
import { CellRun } from './cell-run.ts';
import type { InFlight } from './requests.ts';
import { StallWatch } from './stall-watch.ts';
import type { SteadyWindow } from './steady-window.ts';
import type { WarmUpState } from './warm-up.ts';

/**
 * A load pattern with an undrained warm-up, a steady window, and fillers until the last request sent inside the window has
 * finished. A stall as of a compilation in the window of a shape that is new to the server starts warm-up and window anew; a second one
 * ends the cell, which is to be measured again.
 */
export abstract class SteadyRun<Cell extends BaseCell, Result extends LoadResult> extends CellRun<
  Cell,
  Result
> {
  protected window: SteadyWindow | null = null;
  #aloneResidence = 0;
  #warmUpBegan = 0;
  #completedBefore = 0;
  #warmUpCapped = false;
  #restarted: LoadResult['restarted'];
  #stalls: StallWatch | null = null;
  #decided: StoppedBy = 'cancelled';

  /** Whether the window may open. @param inFlight a request whose successor is sent in this instant counts */
  protected abstract isWarm(state: WarmUpState, inFlight: number): boolean;
  protected abstract windowFrom(now: number): SteadyWindow;
  /** Requests that an open loop holds by Little's law; null: a closed one. */
  protected abstract openInFlight(): number | null;
  /** Whether the stop rule ends the window, and it can begin anew: a trace ends by itself, and comes once. */
  protected abstract isRepeatable(): boolean;

  /** Whether a window that has converged may close now. */
  protected maySettle(_now: number): boolean {
    return true;
  }

  protected warmUp(): void {
    const began = this.port.now();
    this.#aloneResidence ||= this.residence;
    this.#warmUpBegan = began;
    this.#completedBefore = this.progress.completed;
    this.phase = 'warm_up';
    this.timers.at(began + this.cell.protocol.warm_up_max_s, () => {
      if (this.phase !== 'warm_up' || this.#warmUpBegan !== began) return;
      this.#warmUpCapped = true;
      this.#openWhenReady(this.requests.inFlight);
    });
  }

  /** Counts a request that completed, and opens or closes the window where it is time. */
  protected completed(timeline: RequestTimeline, request: InFlight): void {
    this.progress.add(timeline);
    if (this.phase === 'drain') return;
    this.residence = Math.max(this.#aloneResidence, this.progress.residence ?? 0);
    if (this.phase === 'warm_up') this.#openWhenReady(this.requests.inFlight + 1);
    else if (!this.#actOnStall())
      this.closeWhen(this.window!.completed(timeline, request, this.port.now(), this.residence));
  }

  protected closeWhen(decision: StoppedBy | null): void {
    if (decision === null || (decision === 'converged' && !this.maySettle(this.port.now()))) return;
    this.#decided = decision;
    this.closeOpenWindow();
    if (this.window!.settled) this.end(decision);
  }

  protected closeOpenWindow(): void {
    if (this.phase !== 'window') return;
    this.phase = 'drain';
    this.window!.close(this.port.now(), this.requests.list());
    this.hooks.windowClosed?.();
  }

  /** A request is no longer in flight: it may be the last one that the closed window waits for. */
  protected releaseAwaited(request: InFlight): void {
    if (this.phase !== 'drain' || this.ending) return;
    this.window!.release(request);
    if (this.window!.settled) this.end(this.#decided);
  }

  protected steadyFacts(): Pick<LoadResult, 'window' | 'warmUpCapped' | 'restarted'> {
    const { window } = this;
    return {
      window: window && {
        opened_s: this.sinceOrigin(window.openedAt),
        closed_s: this.sinceOrigin(window.closedAt!),
      },
      warmUpCapped: this.#warmUpCapped,
      ...(this.#restarted && { restarted: this.#restarted }),
    };
  }

  #openWhenReady(inFlight: number): void {
    const now = this.port.now();
    const state = {
      elapsedSeconds: now - this.#warmUpBegan,
      residenceSeconds: this.residence,
      leastSeconds: this.cell.protocol.warm_up_min_s ?? 0,
      completed: this.progress.completed - this.#completedBefore,
      capped: this.#warmUpCapped,
    };
    if (this.isWarm(state, inFlight)) this.#open(now);
  }

  #open(now: number): void {
    const window = this.windowFrom(now);
    this.phase = 'window';
    this.window = window;
    if (this.isRepeatable()) {
      this.#watchStalls(now);
      this.timers.at(now + this.cell.stop.max_s, () => {
        if (this.phase === 'window' && this.window === window)
          this.closeWhen(window.decide(this.port.now(), this.residence));
      });
    }
    this.hooks.windowOpened?.();
  }

  #watchStalls(openedAt: number): void {
    const limit = this.cell.stallGapToMedian ?? null;
    this.#stalls =
      limit === null ? null : new StallWatch(openedAt, this.requests, limit, this.openInFlight());
  }

  #actOnStall(): boolean {
    const found = this.#stalls?.look() ?? null;
    if (found === null) return false;
    if (this.#restarted) {
      this.closeWhen('stalled');
      return true;
    }
    this.#restarted = { at_s: this.sinceOrigin(this.port.now()), ...found };
    this.window = null;
    this.warmUp();
    return true;
  }
}
