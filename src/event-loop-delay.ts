import { monitorEventLoopDelay } from 'node:perf_hooks';
import { coreTime, stolenShare } from './core-time.ts';
import type { EventLoopDelay } from './measure/evidence.ts';
import { watchCoreWait } from './run-delay.ts';

const RESOLUTION_MS = 1;
const NS_PER_MS = 1e6;

/** Watches how late this process's event loop is. The timer's own resolution is part of what is read, and taken off. */
export function watchEventLoop(): { stop(): EventLoopDelay | null } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const [coreWait, cores] = [watchCoreWait(), coreTime()];
  const milliseconds = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  return {
    stop: () => {
      histogram.disable();
      if (histogram.count === 0) return null;
      const core_wait_share = coreWait();
      const stolen_share = stolenShare(cores, coreTime());
      return {
        p50_ms: milliseconds(histogram.percentile(50)),
        p99_ms: milliseconds(histogram.percentile(99)),
        max_ms: milliseconds(histogram.max),
        ...(core_wait_share !== null && { core_wait_share }),
        ...(stolen_share !== null && { stolen_share }),
      };
    },
  };
}
