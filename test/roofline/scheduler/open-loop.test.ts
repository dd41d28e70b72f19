import { describe, expect, test } from 'vitest';
import { tpot, ttft } from '../../../src/measure/latency.ts';
import { scheduledMeans } from '../../../src/roofline/scheduler/scheduled-means.ts';
import { createVirtualPort } from '../../../src/simulate/virtual-port.ts';
import { measuredOf, runOpen } from '../../load/run-open.ts';
import { device } from '../../simulate/factory.ts';

const mean = (values: readonly (number | null)[]): number => {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
};

describe('an open loop by the scheduler is what the simulated engine does', () => {
  test.each([
    ['constant', 4, 0.03],
    ['constant', 16, 0.05],
    ['poisson', 4, 0.06],
    ['poisson', 14, 0.12],
    ['gamma', 8, 0.1],
  ] as const)('%s at %s requests/s', (process, rate, tolerance) => {
    const dev = device();
    const burstiness = process === 'gamma' ? 0.5 : null;
    const stop = { max_requests: 1500, min_requests: 1400, max_s: 2000 };
    const load = runOpen(createVirtualPort(dev), {
      arrivals: { process, rate_per_s: rate, burstiness },
      stop,
    });
    const measured = measuredOf(load);
    const inFlight = mean(measured.map(({ ended_s, sent_s }) => ended_s - sent_s)) * rate;
    const predicted = scheduledMeans(dev.card, dev.parameters, dev.settings, {
      inputTokens: 1024,
      outputTokens: 128,
      concurrency: Math.round(inFlight),
      turnAroundSeconds: null,
      driving: { kind: 'open', process, burstiness, rate_per_s: rate, output_jitter: [0.9, 1.1] },
    });
    expect(Math.abs(predicted.ttftSeconds / mean(measured.map(ttft)) - 1)).toBeLessThan(tolerance);
    expect(Math.abs(predicted.tpotSeconds! / mean(measured.map(tpot)) - 1)).toBeLessThan(tolerance);
  });
});
