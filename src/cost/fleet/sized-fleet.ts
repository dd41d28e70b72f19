import {
  DEFAULT_POLICY,
  type FleetPolicy,
  POOLS,
  type PoolName,
  type Services,
  type Workers,
} from './fleet.ts';
import type { Service } from './service.ts';

/** Ways of organising a fleet. */
export const SYSTEMS = ['two_pools', 'three_pools', 'splitwise', 'aggregated', 'shared'] as const;
export type System = (typeof SYSTEMS)[number];

/** A server of one TP size with the hourly price of one of its devices; 1 counts devices. */
export interface PricedService {
  readonly service: Service;
  /** What it is in a pool whose workers are lent to decode, too: the same, unless answers have tokens proposed. */
  readonly lent?: Service | undefined;
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

export interface FleetParts {
  readonly services: Services;
  readonly workers: Workers;
  readonly policy?: FleetPolicy;
}

export const byPool = <Value>(value: (pool: PoolName) => Value): Record<PoolName, Value> =>
  Object.fromEntries(POOLS.map((pool) => [pool, value(pool)])) as Record<PoolName, Value>;

/** Where a server comes from. */
export const choiceOf = (choices: readonly PricedService[], own: Service): PricedService =>
  choices.find(({ service, lent }) => service === own || lent === own)!;

/** Counts and prices a fleet. */
export function fleetWith(
  system: System,
  { services, workers, policy = DEFAULT_POLICY }: FleetParts,
  choices: Choices,
): SizedFleet {
  const devices = byPool((pool) => workers[pool] * services[pool].tp);
  const price = (pool: PoolName): number => choiceOf(choices[pool], services[pool]).usd_per_h;
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

/** The first of the servers of each pool: those of pools without workers do not matter. */
export const firstServices = (choices: Choices): Services =>
  byPool((pool): Service => choices[pool][0]!.service);

/** The cheaper of two fleets; the first of two alike. */
export function cheaper(one: SizedFleet | null, other: SizedFleet | null): SizedFleet | null {
  if (one === null || other === null) return one ?? other;
  return other.usd_per_h < one.usd_per_h ? other : one;
}
