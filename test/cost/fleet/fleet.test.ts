import { describe, expect, test } from 'vitest';
import {
  type FleetQuestion,
  holds,
  NO_WORKERS,
  simulateFleet,
  type Workers,
} from '../../../src/cost/fleet/fleet.ts';
import { lendingRouter } from '../../../src/cost/fleet/lending-pools.ts';
import { type Requests, tpotOf } from '../../../src/cost/fleet/requests.ts';
import type { Router } from '../../../src/cost/fleet/router.ts';
import { sharedRouter } from '../../../src/cost/fleet/shared-pool.ts';
import { staticRouter } from '../../../src/cost/fleet/static-pools.ts';
import type { Stretch } from '../../../src/cost/fleet/stretch.ts';
import { UsageMeter } from '../../../src/cost/fleet/usage.ts';
import { Worker } from '../../../src/cost/fleet/worker.ts';
import { TRANSFER } from '../devices.ts';
import { changing, clusterOf, everywhere, limitsOf, plainServer, requestsAt, servers } from './servers.ts';

const question = (
  requests: Requests,
  limits: Parameters<typeof limitsOf>[0] = { ttft_p99_ms: 2_000, tpot_p99_ms: 40 },
): FleetQuestion => ({ requests, objectives: limitsOf(limits), transfer: TRANSFER });

/** Pools of plain servers behind the routers, with all that they did. */
function run(requests: Requests, { lends, ...workers }: Partial<Workers> & { lends?: boolean }) {
  const service = plainServer({ step_tokens: 8_192, stepSeconds: ({ tokens }) => 1e-5 * tokens });
  const stretches: Stretch[] = [];
  const cluster = clusterOf(requests, { onStretch: (_, stretch) => stretches.push(stretch) });
  const all: Worker[] = [];
  const pool = (count = 0): Worker[] =>
    Array.from({ length: count }, () => {
      const worker = new Worker(all.length, service, requests, cluster);
      all.push(worker);
      return worker;
    });
  const pools = { prefill: pool(workers.prefill), decode: pool(workers.decode), mixed: pool(workers.mixed) };
  const shared = pool(workers.shared);
  const router: Router =
    shared.length > 0
      ? sharedRouter(shared, requests, 1e-5, { longQueue: 0.5, fullBatch: 32 })
      : (lends ? lendingRouter : staticRouter)(pools, requests, 1e-5, 0.5);
  expect(cluster.run(all, router)).toBe(true);
  return { stretches, all };
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, one) => total + one, 0);

describe.each([
  [{ prefill: 2, decode: 3 }],
  [{ prefill: 2, decode: 3, lends: true }],
  [{ prefill: 1, decode: 2, mixed: 2 }],
  [{ mixed: 4 }],
  [{ shared: 4 }],
  [{ shared: 1 }],
] as const)('%j', (workers) => {
  const requests = changing(60, 4);
  const { stretches, all } = run(requests, workers);

  test('every request gets its first and its last token, in order', () => {
    for (let one = 0; one < requests.count; one += 1) {
      expect(requests.first_s[one]).toBeGreaterThan(requests.at_s[one]!);
      expect(requests.last_s[one]).toBeGreaterThan(requests.first_s[one]!);
    }
  });

  test('every token is computed once: prompts and answers are what the steps held', () => {
    const held = stretches.reduce((total, { steps, work }) => total + steps * work!.tokens, 0);
    const sampled = stretches.reduce((total, { steps, work }) => total + steps * work!.sampled, 0);
    expect(sampled).toBe(sum(requests.output));
    expect(held).toBe(sum(requests.input) + sum(requests.output) - requests.count);
  });

  test('nothing is left on any worker', () => {
    for (const worker of all) {
      expect(worker.idle).toBe(true);
      expect([worker.promptTokens, worker.committedTokens]).toEqual([0, 0]);
    }
  });
});

describe('KV caches on their way', () => {
  const services = everywhere(plainServer());
  const pair = { ...NO_WORKERS, prefill: 1, decode: 1 };
  const bytes = 1_000 * services.decode.source.kv.bytes_per_token;
  const link = 1e9;
  const rules = { ...TRANSFER, mode: 'serialized', nic_bytes_per_s: link } as const;
  const far = [100, 1, 1] as const;
  const tpotWith = (contention: number): number => {
    const asked = { ...question(requestsAt([0, 1_000, 11], far)), transfer: { ...rules, contention } };
    return simulateFleet({ ...asked, objectives: limitsOf({ tpot_mean_ms: 1 }) }, services, pair).reached[0]!
      .seconds;
  };

  test('the transfer is charged to the second token, and by bandwidth shared', () => {
    const alone = (rules.fixed.base_s + bytes / link + 10 * 10e-3) / 10;
    expect(tpotWith(1)).toBeCloseTo(alone, 9);
    expect(tpotWith(3)).toBeCloseTo(alone + (2 * bytes) / link / 10, 9);
  });

  test('caches that leave one worker follow one another', () => {
    const requests = requestsAt([0, 500, 2], [0, 500, 2]);
    const cluster = clusterOf(requests, { transfer: () => ({ exposed_s: 3, egress_s: 2 }) });
    const all = [0, 1].map((index) => new Worker(index, plainServer(), requests, cluster));
    cluster.run(all, { prompt: () => all[0]!, decode: () => all[1]! });
    // Prompts end after 0.5 and 1 s; the first cache is there at 3.5, the second not at 4 but two seconds after the first.
    expect(requests.last_s[0]).toBeCloseTo(3.5 + 10e-3, 9);
    expect(requests.last_s[1]).toBeCloseTo(5.5 + 10e-3, 9);
  });

  test('a cache that cannot find room at the decode worker waits there', () => {
    const rows = Array.from({ length: 4 }, (): [number, number, number] => [0, 100, 101]);
    const last = (capacity: number): number => {
      const requests = requestsAt(...rows);
      const cluster = clusterOf(requests);
      const small = plainServer({ kv_capacity_tokens: capacity });
      const all = [0, 1].map((index) => new Worker(index, small, requests, cluster));
      cluster.run(all, { prompt: () => all[0]!, decode: () => all[1]! });
      expect(tpotOf(requests, 0)).toBeCloseTo(10e-3, 9);
      return Math.max(...requests.last_s);
    };
    expect(last(1_000)).toBeCloseTo(0.4 + 1, 9);
    // Two at a time.
    expect(last(402)).toBeCloseTo(0.4 + 2, 9);
  });
});

test('the same trace gives the same simulation, and leaves its requests as they were', () => {
  const asked = question(changing(30, 6));
  const once = simulateFleet(asked, servers(), { ...NO_WORKERS, shared: 4 });
  expect(simulateFleet(asked, servers(), { ...NO_WORKERS, shared: 4 }).reached).toEqual(once.reached);
  expect(asked.requests.first_s.every(Number.isNaN)).toBe(true);
});

test('stopping as soon as an objective is missed beyond recall does not change the answer', () => {
  const requests = changing(60, 6);
  for (const limit of [0.9, 0.999, 1.001, 1.1]) {
    for (const key of ['ttft_p99_ms', 'tpot_mean_ms', 'tpot_p50_ms', 'e2e_p95_ms'] as const) {
      const workers = { ...NO_WORKERS, prefill: 2, decode: 2 };
      const whole = simulateFleet(question(requests, { [key]: 1 }), servers(), workers).reached[0]!.seconds;
      const asked = question(requests, { [key]: 1e3 * whole * limit });
      expect([key, limit, holds(asked, servers(), workers)]).toEqual([key, limit, limit > 1]);
    }
  }
});

test('power: idle workers draw their idle watts, busy ones those of their steps', () => {
  const services = everywhere(plainServer());
  const workers = { ...NO_WORKERS, prefill: 1, decode: 1 };
  const { watts, busy, seconds } = simulateFleet(
    question(requestsAt([0, 1_000, 2], [9, 1_000, 1])),
    services,
    workers,
  );
  expect(seconds).toBeCloseTo(10, 9);
  expect(busy.prefill).toBeCloseTo(0.2, 9);
  expect(watts.prefill).toBeCloseTo(0.2 * 500 + 0.8 * 100, 6);
  expect(watts.decode).toBeCloseTo(100 + 400 * busy.decode!, 6);
  expect([busy.mixed, watts.shared]).toEqual([null, null]);
});

test('what workers did, part by part: never more than there are, nothing behind the last arrival', () => {
  const { usage } = simulateFleet(question(changing(60, 6)), servers(), { ...NO_WORKERS, shared: 3 });
  for (const { prefill, decode, mixed } of usage.tasks)
    expect(prefill + decode + mixed).toBeLessThanOrEqual(3.001);
  // One worker that computes a prompt for a third of the trace, from its second part into its fourth.
  const meter = new UsageMeter(60);
  const worker = new Worker(0, plainServer(), requestsAt([0, 1, 1]), clusterOf(requestsAt([0, 1, 1])));
  meter.add(worker, {
    activity: 'prefill',
    start_s: 15,
    seconds: 20,
    steps: 1,
    step_s: 20,
    work: null,
    decoding: null,
  });
  meter.add(worker, {
    activity: 'decode',
    start_s: 55,
    seconds: 20,
    steps: 1,
    step_s: 20,
    work: null,
    decoding: null,
  });
  expect(meter.tasks.map(({ prefill }) => prefill)).toEqual([0, 0.5, 1, 0.5, 0, 0]);
  expect(meter.tasks.map(({ decode }) => decode)).toEqual([0, 0, 0, 0, 0, 0.5]);
  expect(meter.busySeconds([worker])).toBe(40);
});

describe('workers that are lent', () => {
  /** What each worker did, in the order of its doing. */
  function did(requests: Requests, kv_capacity_tokens = 1e6): string[][] {
    const log: string[][] = [[], []];
    const cluster = clusterOf(requests, {
      onStretch: ({ index }, { activity }) => log[index]!.push(activity),
    });
    const service = plainServer({ kv_capacity_tokens });
    const all = [0, 1].map((index) => new Worker(index, service, requests, cluster));
    expect(
      cluster.run(all, lendingRouter({ prefill: [all[0]!], decode: [all[1]!] }, requests, 1e-3, 1)),
    ).toBe(true);
    return log.map((own) => [...new Set(own)]);
  }

  test('a short queue: each keeps to its own task', () => {
    expect(did(requestsAt([0, 500, 2], [5, 500, 2]))).toEqual([['prefill'], ['decode']]);
  });

  test('a long queue of prompts goes to the decode worker, which finishes what it began', () => {
    const [first, lent] = did(requestsAt([0, 2_000, 2], [0, 2_000, 2], [0, 900, 2]));
    expect(first).toEqual(['prefill']);
    expect(lent).toContain('prefill');
    expect(lent).toContain('decode');
  });

  test('a full decode worker: answers stay with the prefill worker', () => {
    const requests = requestsAt([0, 500, 400], [0, 500, 400]);
    expect(did(requests, 1_000)[0]).toContain('decode');
    expect(did(requestsAt([0, 500, 400], [0, 500, 400]), 2_000)[0]).toEqual(['prefill']);
  });
});
