import type { RequestTimeline } from '../measure/timeline.ts';
import type { ClosedLoopCell, LoadHooks, LoadResult } from './cell.ts';
import type { Alone } from './cell-run.ts';
import { firstRequestShare, type RequestLengths, requestLengths } from './lengths.ts';
import type { LoadPort } from './port.ts';
import type { InFlight } from './requests.ts';
import { SteadyRun } from './steady-run.ts';
import { SteadyWindow } from './steady-window.ts';
import { type WarmUpState, warmUpIsOver } from './warm-up.ts';

/**
 * Runs one closed-loop cell: probe, even release, undrained warm-up, steady window, fillers until the last request sent
 * inside the window has finished. Knows time only through the port, so it runs the same in virtual time.
 * `hooks.done` is called exactly once, whatever happens; `cancel` aborts what is in flight and ends with 'cancelled'.
 */
export function runClosedLoop(port: LoadPort, cell: ClosedLoopCell, hooks: LoadHooks): { cancel(): void } {
  const loop = new ClosedLoop(port, cell, hooks).start();
  return { cancel: () => loop.stop('cancelled') };
}

class ClosedLoop extends SteadyRun<ClosedLoopCell, LoadResult> {
  readonly #drawLengths: (outputShare?: number) => RequestLengths;

  constructor(port: LoadPort, cell: ClosedLoopCell, hooks: LoadHooks) {
    super(port, cell, hooks, cell.concurrency);
    this.#drawLengths = requestLengths(cell);
  }

  protected begin({ residence }: Alone): void {
    const { concurrency, protocol } = this.cell;
    const now = this.port.now();
    const least = Math.max(residence, protocol.release_min_s ?? 0);
    const spread = protocol.release === 'spread' ? Math.min(least, protocol.warm_up_max_s) : 0;
    for (let stream = 0; stream < concurrency; stream++) {
      const time = now + (stream * spread) / concurrency;
      this.timers.at(time, () => this.#startStream(stream, time));
    }
    this.warmUp();
  }

  protected isWarm(state: WarmUpState, inFlight: number): boolean {
    return warmUpIsOver(state, this.cell.concurrency, inFlight);
  }

  protected windowFrom(now: number): SteadyWindow {
    return new SteadyWindow(now, this.cell.stop, this.cell.concurrency);
  }

  protected openInFlight(): null {
    return null;
  }

  protected isRepeatable(): boolean {
    return true;
  }

  protected resultOf(run: Pick<LoadResult, 'timelines' | 'residence_s' | 'stoppedBy'>): LoadResult {
    return { ...run, ...this.steadyFacts() };
  }

  #startStream(stream: number, scheduledAt: number): void {
    const share = this.cell.protocol.release === 'spread' ? firstRequestShare(stream) : 1;
    this.#next(stream, scheduledAt, this.#drawLengths(share));
  }

  #next(stream: number, scheduledAt: number, lengths = this.#drawLengths()): void {
    const role = this.phase === 'drain' ? 'filler' : 'load';
    this.requests.send({ stream, role, scheduledAt, ...lengths }, (timeline, request) =>
      this.#ended(timeline, request),
    );
  }

  #ended(timeline: RequestTimeline, request: InFlight): void {
    if (this.ending) {
      this.finishWhenEmpty();
      return;
    }
    const { stream } = timeline;
    const completed = timeline.outcome.state === 'completed';
    const wait = completed ? 0 : this.failures.failed(stream, timeline);
    if (completed) {
      this.failures.succeeded(stream);
      this.completed(timeline, request);
    } else if (this.failures.tooMany) this.stop('failed');
    this.releaseAwaited(request);
    if (this.ending) return;
    const now = this.port.now();
    if (completed) this.#next(stream, now);
    else this.timers.at(now + wait, () => this.#next(stream, now + wait));
  }
}
