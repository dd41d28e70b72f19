import { describe, expect, test } from 'vitest';
import { holds, NO_WORKERS, simulateFleet } from '../../../src/cost/fleet/fleet.ts';
import { GapMeter } from '../../../src/cost/fleet/gap-meter.ts';
import { type Requests, requestsOf } from '../../../src/cost/fleet/requests.ts';
import { Worker } from '../../../src/cost/fleet/worker.ts';
import { modelOf, settingsFor } from '../../../src/fitfile/apply.ts';
import { scheduledTails } from '../../../src/roofline/scheduler/scheduled-tails.ts';
import { drawGaps } from '../../../src/stats/gaps.ts';
import { createRandom } from '../../../src/stats/random.ts';
import { TRANSFER } from '../devices.ts';
import { withTails } from '../known-tails.ts';
import {
  changing,
  clusterOf,
  columnsOf,
  everywhere,
  h100,
  limitsOf,
  plainServer,
  requestsAt,
  serverOf,
} from './servers.ts';

/** Requests on one server that does everything, or on two that hand caches over after a while. */
function metered(requests: Requests, service = plainServer(), exposed_s: number | null = null): GapMeter {
  const gaps = new GapMeter();
  const cluster = clusterOf(requests, {
    onStretch: (worker, stretch) => gaps.addStretch(worker, stretch),
    transfer: () => ({ exposed_s: exposed_s ?? 0, egress_s: 0 }),
  });
  const all = [0, 1].map((index) => new Worker(index, service, requests, cluster));
  const decode = all[exposed_s === null ? 0 : 1]!;
  expect(cluster.run(all, { prompt: () => all[0]!, decode: () => decode })).toBe(true);
  return gaps;
}

describe.each([
  ['one server', null],
  ['two, caches on their way for 50 ms', 0.05],
])('%s', (_, exposed) => {
  test.each([
    ['many seats', plainServer({ step_tokens: 8_192, stepSeconds: ({ tokens }) => 1e-5 * tokens })],
    ['few', plainServer({ seats: 4, step_tokens: 8_192, stepSeconds: ({ tokens }) => 1e-5 * tokens })],
    ['a fit', serverOf(h100)],
  ])('every gap of every request is counted once, waits included: %s', (__, service) => {
    const requests = changing(20, 3);
    const { count, seconds } = metered(requests, service, exposed).total;
    let [tokens, between] = [0, 0];
    for (let one = 0; one < requests.count; one += 1) {
      tokens += requests.output[one]! - 1;
      between += requests.last_s[one]! - requests.first_s[one]!;
    }
    expect(count).toBe(tokens);
    expect(seconds / between).toBeCloseTo(1, 9);
  });
});

test('steps of decodes alone, one with a prompt, and the wait for a cache', () => {
  // 19 steps of 10 ms and one of 301 ms, see the worker's test; the other request has one gap.
  const gaps = metered(requestsAt([0, 100, 21], [0.145, 300, 2]));
  expect(gaps.total.count).toBe(21);
  expect(gaps.at(0.5)).toBeCloseTo(0.01, 9);
  expect(gaps.at(1)).toBeCloseTo(0.301, 9);
  expect(gaps.at('mean')).toBeCloseTo((20 * 0.01 + 0.301) / 21, 9);
  const far = metered(requestsAt([0, 100, 3], [9, 1, 1]), plainServer(), 0.5);
  expect(far.at(1)).toBeCloseTo(0.51, 9);
});

test('at random arrivals they are those of the scheduler, with the traits of the fit', () => {
  const known = withTails({ ...h100, residual_table: null });
  const [count, rate] = [3_000, 2];
  const arrivals = { process: 'poisson', burstiness: null } as const;
  const gap = drawGaps(arrivals, createRandom(5));
  let at = 0;
  const rows = Array.from({ length: count }, (): [number, number, number] => {
    at += gap() / rate;
    return [at, 2_048, 256];
  });
  const gaps = metered(requestsOf(columnsOf(rows)), serverOf(known));
  const { card, parameters } = modelOf(known);
  const shape = {
    inputTokens: 2_048,
    outputTokens: 256,
    concurrency: 16,
    turnAroundSeconds: null,
    driving: { kind: 'open', ...arrivals, rate_per_s: rate, output_jitter: [1, 1] } as const,
  };
  const { traits } = known.tails!;
  const { tbt } = scheduledTails(card, parameters, settingsFor(known, 4), shape, { traits })!;
  expect(gaps.at('mean') / tbt!.mean).toBeCloseTo(1, 1);
  expect(gaps.at(0.5) / tbt!.quantiles[0]!).toBeCloseTo(1, 1);
  expect(gaps.at(0.99) / tbt!.quantiles[3]!).toBeCloseTo(1, 1);
});

test('a fleet holds a limit on gaps by the same figures that its simulation reaches', () => {
  const requests = changing(30, 3);
  const services = everywhere(serverOf(h100));
  const workers = { ...NO_WORKERS, mixed: 4 };
  const question = (ms: number) => ({
    requests,
    objectives: limitsOf({ tbt_p99_ms: ms }),
    transfer: TRANSFER,
  });
  const { seconds } = simulateFleet(question(1), services, workers).reached[0]!;
  expect(seconds).toBeGreaterThan(0.01);
  expect(holds(question(1.001e3 * seconds), services, workers)).toBe(true);
  expect(holds(question(0.999e3 * seconds), services, workers)).toBe(false);
});
