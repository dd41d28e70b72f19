import { batchDecode } from '../measure/decode-steps.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import { BatchStop } from './batch-stop.ts';
import type { ClosedLoopCell, LoadHooks, LoadResult, StoppedBy } from './cell.ts';
import { CellRun } from './cell-run.ts';
import { waitAfter } from './failures.ts';
import { clampLength } from './lengths.ts';
import type { LoadPort } from './port.ts';
import { StallWatch } from './stall-watch.ts';

/**
 * Runs one cell of kind `decode`: batches of `concurrency` requests released together, all of one length, the next when
 * the last request of the one before has ended. A probe and a batch, or as many as fill the least warm-up, come first and
 * are not measured. The window goes from the release of the first measured batch to the end of the last one, and is as long
 * as the stop rule's least; a batch that has begun is always finished.
 * Knows time only through the port. `hooks.done` is called exactly once, whatever happens.
 */
export function runDecodeBatches(port: LoadPort, cell: ClosedLoopCell, hooks: LoadHooks): { cancel(): void } {
  const batches = new DecodeBatches(port, cell, hooks, cell.concurrency).start();
  return { cancel: () => batches.stop('cancelled') };
}

class DecodeBatches extends CellRun<ClosedLoopCell, LoadResult> {
  #stop = new BatchStop(this.cell.stop);
  #loadedAt: number | null = null;
  #openedAt: number | null = null;
  #closedAt: number | null = null;
  #stalls: StallWatch | null = null;
  #restarted: LoadResult['restarted'];
  #batch: RequestTimeline[] = [];

  protected begin(): void {
    this.#release();
  }

  protected closeOpenWindow(): void {
    if (this.#openedAt === null) return;
    this.phase = 'drain';
    this.#closedAt = this.port.now();
    this.hooks.windowClosed?.();
  }

  protected resultOf(run: Pick<LoadResult, 'timelines' | 'residence_s' | 'stoppedBy'>): LoadResult {
    const opened = this.#openedAt;
    return {
      ...run,
      window:
        opened === null
          ? null
          : { opened_s: this.sinceOrigin(opened), closed_s: this.sinceOrigin(this.#closedAt!) },
      warmUpCapped: false,
      ...(this.#restarted && { restarted: this.#restarted }),
    };
  }

  #release(): void {
    const { concurrency, inputTokens } = this.cell;
    const scheduledAt = this.port.now();
    this.#loadedAt ??= scheduledAt;
    const outputTokens = clampLength(this.cell.outputTokens, this.cell);
    this.#batch = [];
    for (let stream = 0; stream < concurrency; stream += 1) {
      const ask = { stream, role: 'load', scheduledAt, inputTokens, outputTokens } as const;
      this.requests.send(ask, (timeline) => this.#ended(timeline));
    }
  }

  #ended(timeline: RequestTimeline): void {
    if (this.ending) {
      this.finishWhenEmpty();
      return;
    }
    this.#batch.push(timeline);
    if (timeline.outcome.state === 'completed') this.progress.add(timeline);
    else this.failures.failed(timeline.stream);
    if (this.failures.tooMany) this.stop('failed');
    else if (this.#batch.length === this.cell.concurrency) this.#batchEnded();
  }

  #batchEnded(): void {
    const now = this.port.now();
    const failed = this.#batch.find(({ outcome }) => outcome.state !== 'completed');
    const whole = failed === undefined;
    const decision = this.#openedAt === null ? null : this.#measured(now, this.#openedAt, whole);
    if (decision !== null) this.stop(decision);
    else if (!whole) this.timers.at(now + waitAfter(1, failed), () => this.#release());
    else {
      // A first batch in which a request failed would have warmed nothing for sure.
      if (this.#openedAt === null && this.#isWarm(now)) this.#open(now);
      this.#release();
    }
  }

  #isWarm(now: number): boolean {
    return now - this.#loadedAt! >= (this.cell.protocol.warm_up_min_s ?? 0);
  }

  #measured(now: number, openedAt: number, whole: boolean): StoppedBy | null {
    const stall = this.#stalls?.look() ?? null;
    if (stall !== null && this.#restarted) return 'stalled';
    if (stall !== null) {
      // This batch has warmed what stalled: the next one is the first that counts.
      this.#restarted = { at_s: this.sinceOrigin(now), ...stall };
      this.#stop = new BatchStop(this.cell.stop);
      this.#openedAt = null;
      return null;
    }
    if (whole) this.#stop.add(batchDecode(this.#batch)?.tpot_s ?? null, this.#batch.length);
    return this.#stop.decide(now - openedAt);
  }

  #open(now: number): void {
    const limit = this.cell.stallGapToMedian ?? null;
    this.phase = 'window';
    this.#openedAt = now;
    this.#stalls = limit === null || this.#restarted ? null : new StallWatch(now, this.requests, limit, null);
    this.hooks.windowOpened?.();
  }
}
