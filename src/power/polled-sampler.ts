import type { PowerSample, PowerSink, RunningSampler } from './sample.ts';
import { powerClock } from './spawned-sampler.ts';

/** A source that answers when asked. */
export interface PolledSource {
  readonly interval_s: number;
  /** One reading of every device. The signal ends a reading that takes too long. */
  read(signal: AbortSignal): Promise<Reading>;
}

/** Samples, without stamps unless the source has its own, and rows that could not be read. */
export interface Reading {
  readonly samples: readonly (Omit<PowerSample, 'at_s'> & { readonly at_s?: number })[];
  readonly skipped: number;
}

/** Failed readings in a row after which a source is given up. */
const MOST_FAILURES = 5;
const LEAST_TIMEOUT_S = 5;

/**
 * Asks a source again and again, never twice at once, on a schedule that does not drift. A reading is stamped at the middle
 * of its question and answer: when the sensor was read lies between the two.
 */
export function startPolling(source: PolledSource, sink: PowerSink): RunningSampler {
  const stopped = new AbortController();
  const done = poll(source, sink, stopped.signal);
  return {
    async stop() {
      stopped.abort();
      await done;
    },
  };
}

async function poll(source: PolledSource, sink: PowerSink, stopped: AbortSignal): Promise<void> {
  let failures = 0;
  let next = powerClock();
  while (!stopped.aborted) {
    const asked = powerClock();
    try {
      const timeout = AbortSignal.timeout(1000 * Math.max(LEAST_TIMEOUT_S, 3 * source.interval_s));
      const { samples, skipped } = await source.read(AbortSignal.any([stopped, timeout]));
      const at_s = (asked + powerClock()) / 2;
      failures = 0;
      if (stopped.aborted) return;
      sink.samples(samples.map((sample) => ({ at_s, ...sample })));
      if (skipped > 0) sink.skipped(skipped);
    } catch (error) {
      if (stopped.aborted) return;
      failures += 1;
      if (failures >= MOST_FAILURES) {
        sink.failed(error instanceof Error ? error.message : String(error));
        return;
      }
    }
    // A late reading does not shift those after it, but those that were missed are not made up for.
    next = Math.max(next + source.interval_s, powerClock());
    await sleep(next - powerClock(), stopped);
  }
}

function sleep(seconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stopped.aborted) return resolve();
    const wake = (): void => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.max(0, 1000 * seconds));
    stopped.addEventListener('abort', wake, { once: true });
  });
}
