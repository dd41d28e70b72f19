import { expect, test } from 'vitest';
import { bracketOf, nextStep, type Try } from '../../src/load/find-max.ts';
import { judgeLoad } from '../../src/measure/load-judgement.ts';
import { scheduledTails } from '../../src/roofline/scheduler/scheduled-tails.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import type { Objectives } from '../../src/suite/schema.ts';
import { device } from '../simulate/factory.ts';
import { judgeOpen, type OpenFacts, runOpen } from './run-open.ts';

const objectives: Objectives = { ttft_p90_ms: 400, tpot_mean_ms: 40 };

function measure(rate: number, repeat: number, limits = objectives): CellRecord {
  const facts: OpenFacts = {
    arrivals: { rate_per_s: rate },
    seed: 1 + repeat + Math.round(100 * rate),
    stop: { min_requests: 64, max_requests: 400, confidence_half_width: 0.05 },
  };
  const load = runOpen(createVirtualPort(device()), facts);
  return { ...judgeOpen(load, facts, limits), stopped_by: load.stoppedBy } as unknown as CellRecord;
}

function searchFrom(start: number, limits: Objectives) {
  const records = new Map<number, CellRecord[]>();
  const tries = (): Try[] => [...records].map(([load, repeats]) => ({ load, judgement: judgeLoad(repeats) }));
  const rules = { axis: 'rate', start, least: 0.1, most: 1000, tolerance: 0.05 } as const;
  for (;;) {
    const step = nextStep(tries(), rules);
    if (step.kind === 'done') return { ...bracketOf(tries()), ended: step.ended, records };
    records.set(step.load, [...(records.get(step.load) ?? []), measure(step.load, step.repeat, limits)]);
  }
}

test('in virtual time the search finds the rate at which the objective breaks, from far below and far above', () => {
  const found = [0.5, 90].map((start) => searchFrom(start, objectives));
  for (const { met, not_met, ended, records } of found) {
    expect(ended).toBe('bracketed');
    // A closed loop of this device finishes 22.6 requests/s at 128 streams and 44 ms a token, 19.6 at 64 and 25 ms.
    expect(met!.load).toBeGreaterThan(18);
    expect(not_met!.load).toBeLessThan(24.5);
    expect(not_met!.judgement.decided_by).toMatch(/tpot_mean_ms|ttft_p90_ms|overloaded/);
    expect([...records.keys()].length).toBeLessThan(14);
  }
  expect(found[0]!.met!.load / found[1]!.met!.load).toBeGreaterThan(0.9);
  expect(found[0]!.met!.load / found[1]!.met!.load).toBeLessThan(1.1);
});

test('the slowest gaps between tokens break long before their mean does', () => {
  const [slowest, mean] = [{ tbt_p99_ms: 40 }, { tbt_mean_ms: 40 }].map((limits) => searchFrom(4, limits));
  expect(slowest!.ended).toBe('bracketed');
  expect(slowest!.not_met!.judgement.decided_by).toBe('tbt_p99_ms');
  expect(slowest!.met!.load).toBeLessThan(0.8 * mean!.met!.load);
  // Where the scheduler, with the device's own parameters, has the p99 of the gaps cross the limit.
  const dev = device();
  const p99 = (rate: number): number =>
    scheduledTails(dev.card, dev.parameters, dev.settings, {
      inputTokens: 1024,
      outputTokens: 128,
      concurrency: 8,
      turnAroundSeconds: null,
      driving: {
        kind: 'open',
        process: 'poisson',
        burstiness: null,
        rate_per_s: rate,
        output_jitter: [0.9, 1.1],
      },
    })!.tbt!.quantiles[3]!;
  expect(p99(0.85 * slowest!.met!.load)).toBeLessThan(0.04);
  expect(p99(1.15 * slowest!.not_met!.load)).toBeGreaterThan(0.04);
});
