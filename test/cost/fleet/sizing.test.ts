import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { missedAlone } from '../../../src/cost/fleet/alone.ts';
import { closestFleet } from '../../../src/cost/fleet/closest.ts';
import { type SizedDraws, saving, savingInterval, sureDevices } from '../../../src/cost/fleet/draws.ts';
import { type FleetQuestion, holds, POOLS } from '../../../src/cost/fleet/fleet.ts';
import { leastCount } from '../../../src/cost/fleet/least-count.ts';
import { type Requests, requestsOf } from '../../../src/cost/fleet/requests.ts';
import type { SizedFleet, System } from '../../../src/cost/fleet/sized-fleet.ts';
import { sizeAgain, sizeFleets } from '../../../src/cost/fleet/sizing.ts';
import { TRANSFER } from '../devices.ts';
import { changing, choices, drawn, everywhere, h100, limitsOf, serverOf, servers } from './servers.ts';

test('the least count that holds, from wherever the search begins; the one below it was tried', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 600 }), (least, guess) => {
      const tried: number[] = [];
      const found = leastCount(
        512,
        (count) => {
          tried.push(count);
          return count >= least;
        },
        guess,
      );
      expect(found).toBe(least > 512 ? null : least);
      if (found !== null && found > 1) expect(tried).toContain(found - 1);
      expect(new Set(tried).size).toBe(tried.length);
    }),
  );
});

const question = (
  requests: Requests,
  limits: Parameters<typeof limitsOf>[0] = { ttft_p99_ms: 2_000, tpot_p99_ms: 35 },
): FleetQuestion => ({ requests, objectives: limitsOf(limits), transfer: TRANSFER });

const devicesOf = (fleets: readonly SizedFleet[]): Partial<Record<System, number>> =>
  Object.fromEntries(fleets.map(({ system, total_devices }) => [system, total_devices]));

describe('a trace whose mix changes', () => {
  const asked = question(changing(200, 8));
  const fleets = sizeFleets(asked, choices());
  const sizes = devicesOf(fleets);

  test('each kind of fleet holds the objectives, and no pool of it with a worker less does', () => {
    expect(fleets.map(({ system }) => system)).toEqual([
      'two_pools',
      'three_pools',
      'splitwise',
      'aggregated',
      'shared',
    ]);
    for (const { system, services, workers, policy } of fleets) {
      expect(holds(asked, services, workers, { policy })).toBe(true);
      for (const pool of POOLS) {
        if (workers[pool] === 0 || (pool === 'mixed' && system === 'three_pools')) continue;
        const fewer = { ...workers, [pool]: workers[pool] - 1 };
        if (Object.values(fewer).every((count) => count === 0)) continue;
        expect([system, pool, holds(asked, services, fewer, { policy })]).toEqual([system, pool, false]);
      }
    }
  });

  test('the shared pool takes fewer devices than two static pools', () => {
    expect(sizes.shared).toBeLessThan(sizes.two_pools!);
  });

  test('pools that lend workers to each other take fewer than those that do not', () => {
    expect(sizes.splitwise).toBeLessThan(sizes.two_pools!);
  });

  test('and saves more of them than where the mix stays', () => {
    const steady = devicesOf(
      sizeFleets(question(drawn([{ seconds: 400, rate_per_s: 8, input: 3_600, output: 2_050 }])), choices()),
    );
    expect(1 - sizes.shared! / sizes.two_pools!).toBeGreaterThan(1 - steady.shared! / steady.two_pools!);
  });

  test('the same again gives the same fleets', () => {
    expect(devicesOf(sizeFleets(asked, choices()))).toEqual(sizes);
  });

  test('sized anew with the same servers, the same', () => {
    const again = sizeAgain(fleets, asked, () => everywhere([{ service: servers().shared, usd_per_h: 1 }]));
    expect(devicesOf(again.filter((one) => one !== null))).toEqual(sizes);
  });

  test('tighter limits and more requests never take fewer devices', () => {
    const tighter = devicesOf(
      sizeFleets(question(asked.requests, { ttft_p99_ms: 1_000, tpot_p99_ms: 25 }), choices()),
    );
    const twice = devicesOf(sizeFleets(question(changing(200, 16)), choices()));
    for (const system of ['two_pools', 'splitwise', 'aggregated', 'shared'] as const) {
      expect([system, tighter[system]! >= sizes[system]!]).toEqual([system, true]);
      expect([system, twice[system]! > sizes[system]!]).toEqual([system, true]);
    }
  });

  test('dollars decide between TP sizes', () => {
    const dear = everywhere([
      { service: servers(2).shared, usd_per_h: 1 },
      { service: servers(4).shared, usd_per_h: 100 },
    ]);
    for (const { system, services, workers, usd_per_h, total_devices } of sizeFleets(asked, dear)) {
      const used = POOLS.filter((pool) => workers[pool] > 0).map((pool) => services[pool].tp);
      expect([system, ...new Set(used)]).toEqual([system, 2]);
      expect(usd_per_h).toBe(total_devices);
    }
  });
});

describe('what no fleet holds', () => {
  const requests = changing(30, 4);

  test('an objective that a request alone misses is found without any fleet, with what comes closest', () => {
    const found = missedAlone(
      requests,
      limitsOf({ ttft_p99_ms: 20, tpot_mean_ms: 40, e2e_p50_ms: 100 }),
      [2, 4].map((tp) => serverOf(h100, { tp })),
    );
    expect(found.map(({ objective }) => objective.key)).toEqual(['ttft_p99_ms', 'e2e_p50_ms']);
    expect(
      found.every(({ service, seconds, objective }) => service.tp === 4 && seconds > objective.limit_s),
    ).toBe(true);
  });

  test('the most workers that are tried: what they reach', () => {
    const flood = requestsOf({
      at_s: Array.from({ length: 4_000 }, (_, one) => one * 1e-4),
      input_tokens: Array.from({ length: 4_000 }, () => 8_000),
      output_tokens: Array.from({ length: 4_000 }, () => 1_000),
    });
    const asked = question(flood, { ttft_p99_ms: 1_000 });
    expect(sizeFleets(asked, choices())).toEqual([]);
    const { workers, reached, service } = closestFleet(asked, choices([2, 4]));
    expect([workers, service.tp]).toEqual([512, 4]);
    expect(reached[0]!.seconds).toBeGreaterThan(1);
  });
});

describe('draws', () => {
  const sized = (devices: number): SizedFleet =>
    ({ total_devices: devices, usd_per_h: 2 * devices }) as SizedFleet;
  const draws: SizedDraws = Array.from({ length: 10 }, (_, one) => [sized(10 + one), sized(20 + 2 * one)]);

  test('devices that suffice in nine draws of ten; none where two draws of ten hold with none', () => {
    expect([sureDevices(draws, 0), sureDevices(draws, 1)]).toEqual([18, 36]);
    const missing = draws.map((draw, one) => (one < 2 ? [null, draw[1]!] : draw));
    expect([sureDevices(missing, 0), sureDevices(missing, 1), sureDevices([], 0)]).toEqual([null, 36, null]);
  });

  test('what one saves against another, draw by draw', () => {
    expect(saving(sized(3), sized(4))).toBe(0.25);
    expect(savingInterval(draws, 0, 1)).toEqual([0.5, 0.5]);
    expect(savingInterval([], 0, 1)).toBeNull();
  });

  test('a fit that is unsure moves the times of its servers, the same in every place', () => {
    const [central, one, same, other] = [null, 0, 0, 1].map((index) =>
      serverOf(h100, { draw: index === null ? null : { index, widths: 1 } }),
    );
    expect(one!.decodeSeconds(32, 4_000)).toBe(same!.decodeSeconds(32, 4_000));
    expect(one!.decodeSeconds(32, 4_000)).not.toBe(other!.decodeSeconds(32, 4_000));
    expect(one!.decodeSeconds(32, 4_000) / central!.decodeSeconds(32, 4_000)).toBeCloseTo(1, 0.5);
  });
});
