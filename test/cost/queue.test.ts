import { expect, test } from 'vitest';
import { type PrefillPlan, prefillPlans } from '../../src/cost/phase-plans.ts';
import { highestUtilisation, systemSizes, waitAt, waitInServices } from '../../src/cost/queue.ts';
import { STUDY_RULES } from '../../src/cost/rules.ts';
import { uniformSource } from '../../src/cost/sources/uniform.ts';
import { STUDY_DEVICES, STUDY_MODELS } from '../../src/cost/study/devices.ts';
import { LATENCY } from './golden.ts';

/** P(W ≤ t) of M/D/1 by Erlang's sum, exact for short waits. */
function erlang(rate: number, t: number): number {
  let sum = 0;
  let factorial = 1;
  for (let k = 0; k <= Math.floor(t); k += 1) {
    if (k > 0) factorial *= k;
    sum += ((-rate * (t - k)) ** k / factorial) * Math.exp(rate * (t - k));
  }
  return (1 - rate) * sum;
}

test.each([
  [0.3, 0.9],
  [0.5, 0.9],
  [0.8, 0.95],
  [0.9, 0.5],
])('quantiles of the wait of M/D/1 at ρ %d, q %d', (rho, q) => {
  expect(erlang(rho, waitInServices(1, rho, q))).toBeCloseTo(q, 8);
});

test('one server: the mean by Pollaczek and Khinchine, the empty system 1 − ρ', () => {
  const sizes = systemSizes(1, 0.7);
  expect(sizes[0]).toBeCloseTo(0.3, 9);
  expect(sizes.reduce((sum, p, n) => sum + n * p, 0)).toBeCloseTo(0.7 + 0.49 / 0.6, 8);
});

test('pooled workers wait less: mean TTFT of a prompt of 189 ms at ρ 0.9', () => {
  const ttft = (workers: number): number => 189 * (1 + waitInServices(workers, 0.9, 'mean'));
  expect(ttft(1)).toBeCloseTo(1039.5, 1);
  // Half of an M/M/c wait, the usual approximation, gives 375 and 272.
  expect(ttft(4)).toBeCloseTo(378, 0);
  expect(ttft(8)).toBeCloseTo(274, 0);
});

test.each([1, 2, 8])(
  'the highest utilisation with %i workers is the one at which the wait is as asked',
  (workers) => {
    for (const statistic of ['mean', 0.5, 0.99] as const) {
      for (const services of [0.5, 2, 6]) {
        const found = highestUtilisation(workers, statistic, services);
        if (found < 0.9499) expect(waitAt(workers, statistic, found)).toBeCloseTo(services, 6);
        if (found >= 0.95) continue;
        // Between the points that are solved, quantiles of a few services have corners.
        expect(Math.abs(waitInServices(workers, found, statistic) - services)).toBeLessThan(0.05 * services);
      }
    }
    expect(highestUtilisation(workers, 'mean', -1)).toBe(0);
  },
);

test('under a latency limit utilisation is what comes out: H100 TP 8 at 0.69, B200 TP 4 at 0.79', () => {
  const model = STUDY_MODELS.find(({ name }) => name === '70B FP8')!;
  const rules = { ...STUDY_RULES, queueing: { kind: 'poisson', workers: 1 } as const };
  const best = (id: string): PrefillPlan => {
    const device = STUDY_DEVICES.find(({ accelerator }) => accelerator.id === id)!;
    return prefillPlans(uniformSource(device, model), { input: 4096, output: 512 }, LATENCY, rules).reduce(
      (a, b) => (b.device_seconds < a.device_seconds ? b : a),
    );
  };
  const [h100, b200] = [best('h100-sxm'), best('b200-sxm')];
  expect([h100.tp, b200.tp]).toEqual([8, 4]);
  expect(h100.utilisation).toBeCloseTo(0.69, 2);
  expect(b200.utilisation).toBeCloseTo(0.79, 2);
  expect(h100.device_seconds).toBeCloseTo(1.388, 2);
  expect(b200.device_seconds).toBeCloseTo(0.436, 2);
  expect(h100.ttft_s).toBeCloseTo(0.25, 9);
});
