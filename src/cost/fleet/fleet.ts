import { pairTransfer, type TransferRules } from '../transfer-rules.ts';
import type { Objective } from '../workload.ts';
import { Cluster, type KvTransfer } from './cluster.ts';
import { fullBatchOf } from './full-batch.ts';
import { GapMeter } from './gap-meter.ts';
import { lendingRouter } from './lending-pools.ts';
import { hasGapObjective, requestObjectives } from './request-objectives.ts';
import { computedOf, type Requests, untouched } from './requests.ts';
import type { Router } from './router.ts';
import type { Service } from './service.ts';
import { sharedRouter } from './shared-pool.ts';
import { staticRouter } from './static-pools.ts';
import { type Reached, reachedBy } from './tally.ts';
import { UsageMeter } from './usage.ts';
import { Worker } from './worker.ts';

export const POOLS = ['prefill', 'decode', 'mixed', 'shared'] as const;
export type PoolName = (typeof POOLS)[number];

/** Workers of each pool: three static ones, or one that is shared. */
export type Workers = Readonly<Record<PoolName, number>>;

export const NO_WORKERS: Workers = { prefill: 0, decode: 0, mixed: 0, shared: 0 };

/** Which server stands in each pool. */
export type Services = Readonly<Record<PoolName, Service>>;

export interface FleetQuestion {
  readonly requests: Requests;
  readonly objectives: readonly Objective[];
  readonly transfer: TransferRules;
}

/** When queues and batches count as full; shares of the limits on TTFT and on TPOT or gaps. */
export interface FleetPolicy {
  readonly queue_share: number;
  readonly batch_share: number;
  /** Whether static workers are lent to the other task. */
  readonly lends?: boolean;
}

export const DEFAULT_POLICY: FleetPolicy = { queue_share: 0.25, batch_share: 0.9 };
/** Where no objective limits TTFT, a queue this long is long, s. */
const LONG_QUEUE_S = 1;

/** Simulates the trace on a fleet; null as soon as an objective is missed beyond recall. */
export function holds(
  question: FleetQuestion,
  services: Services,
  workers: Workers,
  options: { readonly policy?: FleetPolicy; readonly promptsOnly?: boolean } = {},
): boolean {
  const requests = untouched(question.requests);
  const asked = options.promptsOnly
    ? question.objectives.filter(({ metric }) => metric === 'ttft')
    : question.objectives;
  const gaps = hasGapObjective(asked) ? new GapMeter() : null;
  const cluster = new Cluster({
    requests,
    objectives: requestObjectives(asked),
    transfer: transferBy(question, requests),
    promptsOnly: options.promptsOnly ?? false,
    onStretch: gaps ? (worker, stretch) => gaps.addStretch(worker, stretch) : undefined,
  });
  const fleet = fleetOf(services, workers, requests, cluster);
  if (!cluster.run(fleet.all, fleet.router(question, options.policy ?? DEFAULT_POLICY))) return false;
  return reachedBy(requests, asked, cluster.overheadOf, gaps).every(
    ({ objective, seconds }) => seconds <= objective.limit_s,
  );
}

/** A simulated fleet with what it reached and used. */
export interface FleetOutcome {
  readonly reached: readonly Reached[];
  /** Share of its time in which a worker of each pool computes; null for pools without workers. */
  readonly busy: Readonly<Record<PoolName, number | null>>;
  /** Mean watts of each pool, idle workers included; null where a fit holds no power. */
  readonly watts: Readonly<Record<PoolName, number | null>>;
  readonly usage: UsageMeter;
  /** From the first arrival to the last token, s. */
  readonly seconds: number;
}

/** Simulates the trace on a fleet to its end, whatever it misses. */
export function simulateFleet(
  question: FleetQuestion,
  services: Services,
  workers: Workers,
  policy: FleetPolicy = DEFAULT_POLICY,
): FleetOutcome {
  const requests = untouched(question.requests);
  const usage = new UsageMeter(requests.at_s.at(-1)!);
  const gaps = hasGapObjective(question.objectives) ? new GapMeter() : null;
  const cluster = new Cluster({
    requests,
    objectives: [],
    transfer: transferBy(question, requests),
    onStretch: (worker, stretch) => {
      usage.add(worker, stretch);
      gaps?.addStretch(worker, stretch);
    },
  });
  const fleet = fleetOf(services, workers, requests, cluster);
  cluster.run(fleet.all, fleet.router(question, policy));
  const seconds = requests.last_s.reduce((last, one) => Math.max(last, one), 0);
  const each = <Value>(value: (own: readonly Worker[]) => Value): Record<PoolName, Value | null> =>
    Object.fromEntries(
      POOLS.map((pool) => [pool, fleet[pool].length === 0 ? null : value(fleet[pool])]),
    ) as Record<PoolName, Value | null>;
  return {
    reached: reachedBy(requests, question.objectives, cluster.overheadOf, gaps),
    busy: each((own) => usage.busySeconds(own) / (own.length * seconds)),
    watts: each((own) => usage.watts(own, seconds)),
    usage,
    seconds,
  };
}

interface Fleet extends Readonly<Record<PoolName, readonly Worker[]>> {
  readonly all: readonly Worker[];
  router(question: FleetQuestion, policy: FleetPolicy): Router;
}

function fleetOf(services: Services, workers: Workers, requests: Requests, cluster: Cluster): Fleet {
  const all: Worker[] = [];
  const pool = (name: PoolName): Worker[] =>
    Array.from({ length: workers[name] }, () => {
      const worker = new Worker(all.length, services[name], requests, cluster);
      all.push(worker);
      return worker;
    });
  const pools = {
    prefill: pool('prefill'),
    decode: pool('decode'),
    mixed: pool('mixed'),
    shared: pool('shared'),
  };
  return {
    ...pools,
    all,
    router: ({ objectives }, policy) => {
      const long = longQueueOf(objectives, policy);
      if (workers.shared === 0) {
        const first = services[workers.prefill > 0 ? 'prefill' : 'mixed'];
        const router = policy.lends ? lendingRouter : staticRouter;
        return router(pools, requests, secondsPerToken(first), long);
      }
      const rules = {
        longQueue: long,
        fullBatch: fullBatchOf(services.shared, requests, objectives, policy.batch_share),
      };
      return sharedRouter(pools.shared, requests, secondsPerToken(services.shared), rules);
    },
  };
}

/** Of a full step of prompts, s. */
function secondsPerToken({ attention, step_tokens, stepSeconds }: Service): number {
  const tokens = Math.min(step_tokens, 8192);
  const [flop, bytes] = [attention.chunkFlop(tokens, 0), attention.chunkBytes(tokens, 0)];
  const rows = attention.stepRows(attention.chunkRows(tokens));
  return stepSeconds({ tokens: rows, sampled: 1, sequences: 1, flop, bytes }) / tokens;
}

function longQueueOf(objectives: readonly Objective[], { queue_share }: FleetPolicy): number {
  const limits = objectives.filter(({ metric }) => metric === 'ttft').map(({ limit_s }) => limit_s);
  return limits.length === 0 ? LONG_QUEUE_S : queue_share * Math.min(...limits);
}

const transferBy =
  ({ transfer }: FleetQuestion, requests: Requests): KvTransfer =>
  (request, { service: from }, { service: to }) => {
    // Both sides hold what all prompts share.
    const tokens = computedOf(requests, request);
    const seconds = from.source.prefillSeconds(from.tp, 1, requests.input[request]!);
    return pairTransfer(transfer, from, to, { tokens, seconds });
  };
