import {
  DEFAULT_POLICY,
  type FleetPolicy,
  type FleetQuestion,
  holds,
  NO_WORKERS,
  POOLS,
  type PoolName,
  type Services,
  type Workers,
} from './fleet.ts';
import { leastCount } from './least-count.ts';
import type { Service } from './service.ts';

/** Ways of organising a fleet. */
export const SYSTEMS = ['two_pools', 'three_pools', 'aggregated', 'shared'] as const;
export type System = (typeof SYSTEMS)[number];

/** A server of one TP size with the hourly price of one of its devices; 1 counts devices. */
export interface PricedService {
  readonly service: Service;
  readonly usd_per_h: number;
}

/** Servers that each pool may be made of, one a TP size. */
export type Choices = Readonly<Record<PoolName, readonly PricedService[]>>;

/** The smallest fleet of a system that holds the objectives. */
export interface SizedFleet {
  readonly system: System;
  readonly services: Services;
  readonly workers: Workers;
  readonly policy: FleetPolicy;
  readonly devices: Readonly<Record<PoolName, number>>;
  readonly total_devices: number;
  /** At the prices given. */
  readonly usd_per_h: number;
}

/** Most workers of a pool that are tried. */
export const MOST_WORKERS = 512;
/** Mixed workers that are tried beside the two pools. */
const MIXED_WORKERS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
/** A shared pool's thresholds: how soon a queue is long and a batch full. */
const SHARED_POLICIES: readonly FleetPolicy[] = [
  DEFAULT_POLICY,
  { queue_share: 0.5, batch_share: 0.9 },
  { queue_share: 0.25, batch_share: 0.75 },
  { queue_share: 0.1, batch_share: 0.6 },
];

/**
 * The cheapest fleet of each system that holds the objectives over the whole trace, found by simulation: pools grow until they
 * hold, then shrink to the last that does. A system without one is left out.
 */
export function sizeFleets(question: FleetQuestion, choices: Choices): SizedFleet[] {
  const two = twoPools(question, choices);
  const found = [
    two,
    two && threePools(question, choices, two),
    onePool('aggregated', 'mixed', question, choices, [DEFAULT_POLICY]),
    onePool('shared', 'shared', question, choices, SHARED_POLICIES),
  ];
  return found.filter((one) => one !== null);
}

interface Sized {
  readonly services: Services;
  readonly workers: Workers;
  readonly policy?: FleetPolicy;
}

function fleetWith(
  system: System,
  { services, workers, policy = DEFAULT_POLICY }: Sized,
  choices: Choices,
): SizedFleet {
  const devicesOf = (pool: PoolName): number => workers[pool] * services[pool].tp;
  const price = (pool: PoolName): number =>
    choices[pool].find(({ service }) => service === services[pool])!.usd_per_h;
  const devices = Object.fromEntries(POOLS.map((pool) => [pool, devicesOf(pool)])) as Record<
    PoolName,
    number
  >;
  return {
    system,
    services,
    workers,
    policy,
    devices,
    total_devices: POOLS.reduce((sum, pool) => sum + devices[pool], 0),
    usd_per_h: POOLS.reduce((sum, pool) => sum + devices[pool] * price(pool), 0),
  };
}

const firstServices = (choices: Choices): Services =>
  Object.fromEntries(POOLS.map((pool) => [pool, choices[pool][0]!.service])) as Record<PoolName, Service>;

const cheaper = (one: SizedFleet | null, other: SizedFleet | null): SizedFleet | null => {
  if (one === null || other === null) return one ?? other;
  return other.usd_per_h < one.usd_per_h ? other : one;
};

/** The prefill pool holds TTFT whatever decodes behind it, so it is sized first, then the decode pool behind it. */
function twoPools(question: FleetQuestion, choices: Choices): SizedFleet | null {
  const base = firstServices(choices);
  const prefill = choices.prefill.reduce<SizedFleet | null>((best, { service }) => {
    const services = { ...base, prefill: service };
    const count = leastCount(MOST_WORKERS, (n) =>
      holds(question, services, { ...NO_WORKERS, prefill: n }, { promptsOnly: true }),
    );
    const workers = { ...NO_WORKERS, prefill: count ?? 0 };
    return count === null ? best : cheaper(best, fleetWith('two_pools', { services, workers }, choices));
  }, null);
  if (prefill === null) return null;
  return choices.decode.reduce<SizedFleet | null>((best, { service }) => {
    const services = { ...prefill.services, decode: service };
    return cheaper(best, withDecode(question, { services, workers: prefill.workers }, choices));
  }, null);
}

/** A limit from end to end may need more prefill workers than TTFT does: half as many again, until it holds. */
function withDecode(
  question: FleetQuestion,
  { services, workers }: Sized,
  choices: Choices,
): SizedFleet | null {
  for (let prefill = workers.prefill; prefill <= MOST_WORKERS; prefill = Math.ceil(1.5 * prefill)) {
    const decode = leastCount(MOST_WORKERS, (n) =>
      holds(question, services, { ...workers, prefill, decode: n }),
    );
    if (decode !== null) {
      return fleetWith('two_pools', { services, workers: { ...workers, prefill, decode } }, choices);
    }
    if (question.objectives.every(({ metric }) => metric !== 'e2e')) return null;
  }
  return null;
}

/** Mixed workers take peaks of both kinds: what they let the two pools shrink by, for more and more of them. */
function threePools(question: FleetQuestion, choices: Choices, two: SizedFleet): SizedFleet | null {
  let best: SizedFleet | null = null;
  for (const { service } of choices.mixed) {
    const services = { ...two.services, mixed: service };
    let worse = 0;
    for (const mixed of MIXED_WORKERS) {
      if (worse >= 2) break;
      const fleet = besideMixed(question, services, two.workers, mixed)
        .map((workers) => fleetWith('three_pools', { services, workers }, choices))
        .reduce<SizedFleet | null>(cheaper, null);
      worse = fleet !== null && cheaper(best, fleet) === fleet ? 0 : worse + 1;
      best = cheaper(best, fleet);
    }
  }
  return best;
}

/** Shrinks one pool as far as it goes, then the other; in whichever order is cheaper. */
function besideMixed(
  question: FleetQuestion,
  services: Services,
  { prefill: mostPrefill, decode: mostDecode }: Workers,
  mixed: number,
): Workers[] {
  const holdsWith = (prefill: number, decode: number): boolean =>
    holds(question, services, { ...NO_WORKERS, prefill, decode, mixed });
  const fewPrefill = leastCount(mostPrefill, (n) => holdsWith(n, mostDecode));
  const fewDecode = leastCount(mostDecode, (n) => holdsWith(mostPrefill, n));
  if (fewPrefill === null || fewDecode === null) return [];
  const decode = leastCount(mostDecode, (n) => holdsWith(fewPrefill, n))!;
  const prefill = leastCount(mostPrefill, (n) => holdsWith(n, fewDecode))!;
  return [
    { ...NO_WORKERS, prefill: fewPrefill, decode, mixed },
    { ...NO_WORKERS, prefill, decode: fewDecode, mixed },
  ];
}

function onePool(
  system: System,
  pool: 'mixed' | 'shared',
  question: FleetQuestion,
  choices: Choices,
  policies: readonly FleetPolicy[],
): SizedFleet | null {
  let best: SizedFleet | null = null;
  for (const { service, usd_per_h } of choices[pool]) {
    const services = { ...firstServices(choices), [pool]: service };
    for (const policy of policies) {
      const most = best === null ? MOST_WORKERS : Math.ceil(best.usd_per_h / (usd_per_h * service.tp)) - 1;
      const count = leastCount(Math.min(MOST_WORKERS, most), (n) =>
        holds(question, services, { ...NO_WORKERS, [pool]: n }, { policy }),
      );
      if (count === null) continue;
      const workers = { ...NO_WORKERS, [pool]: count };
      best = cheaper(best, fleetWith(system, { services, workers, policy }, choices));
    }
  }
  return best;
}
