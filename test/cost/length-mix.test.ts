import { expect, test } from 'vitest';
import { traceWorkload } from '../../src/cost/length-mix.ts';
import { searchAll, usdPerRequest } from '../../src/cost/search.ts';
import { type QueuedService, serviceOf, ttftAt } from '../../src/cost/service.ts';
import { meanContext, type Workload, wholeRequest } from '../../src/cost/workload.ts';
import { createRandom } from '../../src/stats/random.ts';
import { quantile, sortSample } from '../../src/stats/sorted.ts';
import type { TraceColumns } from '../../src/suite/trace.ts';
import { centralOf, question, specDevices } from './devices.ts';

/** Requests at random, at one a second, with lengths that are drawn. */
function traceOf(count: number, lengths: (u: number) => readonly [number, number], seed = 1): TraceColumns {
  const random = createRandom(seed);
  let at = 0;
  const rows = Array.from({ length: count }, () => {
    at -= Math.log(1 - random.uniform());
    return { at, lengths: lengths(random.uniform()) };
  });
  return {
    at_s: rows.map((one) => one.at),
    input_tokens: rows.map((one) => one.lengths[0]),
    output_tokens: rows.map((one) => one.lengths[1]),
  };
}

test('a trace of equal requests that come at random is the one shape', () => {
  const { mix, ...shape } = traceWorkload(traceOf(20_000, () => [4096, 512]));
  expect(shape).toEqual({ input: 4096, output: 512 });
  expect(mix.arrivals_cv2).toBeCloseTo(1, 1);
  expect(mix.requests_per_s).toBeCloseTo(1, 1);
  const devices = centralOf(specDevices('h100-sxm', 'gaudi3'));
  const asked = question();
  const cost = (workload: Workload): number[] =>
    searchAll(devices, { ...asked, workload }).map((option) => usdPerRequest(option)!);
  const [plain, traced] = [cost(shape), cost({ ...shape, mix: { ...mix, arrivals_cv2: 1 } })];
  for (const [index, usd] of traced.entries()) expect(usd / plain[index]!).toBeCloseTo(1, 6);
});

test('long answers are met more often than they come: context and KV cache are theirs', () => {
  const { mix, ...shape } = traceWorkload(traceOf(30_000, (u) => (u < 0.5 ? [100, 100] : [100, 900])));
  const workload = { ...shape, mix };
  expect(shape.output).toBeGreaterThan(480);
  // Nine of ten tokens are of long answers: 0.9 x 1000 + 0.1 x 200.
  expect(wholeRequest(workload)).toBeCloseTo(920, -1);
  expect(meanContext(workload)).toBeCloseTo(0.9 * 550 + 0.1 * 150, -1);
  expect(mix.longest).toBe(1000);
  expect(mix.prompts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
});

test('unequal prompts and bursts cost more than equal ones under a limit on TTFT', () => {
  const devices = centralOf(specDevices('h100-sxm'));
  const cost = (workload: Workload): number =>
    usdPerRequest(searchAll(devices, { ...question({ ttft_p99_ms: 2000 }), workload })[0]!)!;
  const { mix, ...shape } = traceWorkload(traceOf(20_000, (u) => (u < 0.8 ? [2048, 512] : [8192, 512])));
  const equal = cost(shape);
  const unequal = cost({ ...shape, mix: { ...mix, arrivals_cv2: 1 } });
  expect(unequal).toBeGreaterThan(equal);
  expect(cost({ ...shape, mix: { ...mix, arrivals_cv2: 4 } })).toBeGreaterThan(unequal);
});

test('a peak is the busiest minute, and of a short trace its whole', () => {
  const steady = Array.from({ length: 600 }, (_, i) => i);
  const burst = Array.from({ length: 120 }, (_, i) => 600 + i / 4);
  const columns = (at_s: number[]): TraceColumns => ({
    at_s,
    input_tokens: at_s.map(() => 10),
    output_tokens: at_s.map(() => 10),
  });
  const { mix } = traceWorkload(columns([...steady, ...burst]));
  expect(mix.peak_requests_per_s).toBeCloseTo((120 + 30) / 60, 1);
  expect(traceWorkload(columns([0, 1, 2])).mix.peak_requests_per_s).toBe(1);
});

/** Waits in one queue, first in first out, by Lindley's recursion. */
function simulated(seconds: (u: number) => number, utilisation: number, mean: number): number[] {
  const random = createRandom(7);
  let wait = 0;
  return Array.from({ length: 300_000 }, () => {
    const own = seconds(random.uniform());
    const ttft = wait + own;
    wait = Math.max(0, ttft - (-Math.log(1 - random.uniform()) * mean) / utilisation);
    return ttft;
  });
}

test.each([0.4, 0.7, 0.85])(
  'TTFT of unequal prompts as a simulated queue has it, at utilisation %f',
  (rho) => {
    const lengths = (u: number): readonly [number, number] => (u < 0.8 ? [1000, 10] : [4000, 10]);
    const workload = traceWorkload(traceOf(40_000, lengths));
    const secondsOf = (input: number): number => input / 1000;
    const own = serviceOf(workload, secondsOf);
    const queue: QueuedService = { own, held_s: own.mean_s, overhead_s: 0, workers: 1, arrivals_cv2: 1 };
    const times = sortSample(simulated((u) => secondsOf(lengths(u)[0]), rho, own.mean_s))!;
    const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
    expect(Math.abs(ttftAt(queue, 'mean', rho) / mean - 1)).toBeLessThan(0.04);
    for (const q of [0.9, 0.99]) {
      expect(Math.abs(ttftAt(queue, q, rho) / quantile(times, q) - 1), `p${100 * q}`).toBeLessThan(0.15);
    }
  },
);
