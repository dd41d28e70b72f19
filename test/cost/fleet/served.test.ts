import { describe, expect, test } from 'vitest';
import { missedAlone } from '../../../src/cost/fleet/alone.ts';
import { type FleetQuestion, NO_WORKERS, simulateFleet } from '../../../src/cost/fleet/fleet.ts';
import { fullBatchOf } from '../../../src/cost/fleet/full-batch.ts';
import { GapMeter } from '../../../src/cost/fleet/gap-meter.ts';
import { heldOf, type Requests, requestsOf, tpotOf, ttftOf } from '../../../src/cost/fleet/requests.ts';
import type { Service } from '../../../src/cost/fleet/service.ts';
import type { PricedService } from '../../../src/cost/fleet/sized-fleet.ts';
import { sizeFleets } from '../../../src/cost/fleet/sizing.ts';
import type { Stretch } from '../../../src/cost/fleet/stretch.ts';
import { Worker } from '../../../src/cost/fleet/worker.ts';
import type { Served } from '../../../src/cost/workload.ts';
import { modelOf, settingsFor } from '../../../src/fitfile/apply.ts';
import type { Fit } from '../../../src/fitfile/schema.ts';
import { builtInCard } from '../../../src/model/cards.ts';
import { speculating } from '../../../src/predict/proposer.ts';
import { gapTail, meanGap } from '../../../src/roofline/gap-tail.ts';
import { type PricedRun, priceRuns } from '../../../src/roofline/scheduler/scheduled-tails.ts';
import { simulate } from '../../../src/roofline/scheduler/simulate.ts';
import { decodeStepsOf, decodeStepsSd } from '../../../src/roofline/speculation.ts';
import { StepPricer } from '../../../src/roofline/step-pricer.ts';
import { AttentionWork } from '../../../src/roofline/step-work.ts';
import { quantile, sortSample } from '../../../src/stats/sorted.ts';
import { TRANSFER } from '../devices.ts';
import { withTails } from '../known-tails.ts';
import { rowsOf, scheduledLoad } from './open-load.ts';
import { changing, clusterOf, columnsOf, everywhere, h100, limitsOf, serverOf } from './servers.ts';

const speculation = { draftTokens: 4, acceptance: 0.6 };
const draft = builtInCard('meta-llama/Llama-3.1-8B')!;
/** As the fit's cells are: without its correction by batch size, with what percentiles showed. */
const known = withTails({ ...h100, residual_table: null });

type Row = readonly [number, number, number];
const requestsBy = (served: Served, rows: readonly Row[], seed = 1): Requests =>
  requestsOf(columnsOf(rows), { served, seed });

const COUNT = 2_000;
const LOAD = { rate: 3, input: 2_048, output: 256, count: COUNT };

/** Prompts of 2048 tokens and answers of 256 that come at random; those behind the ones that count keep the load up. */
const atRandom = (served: Served): Requests => requestsBy(served, rowsOf(LOAD));

/** The same arrivals on the scheduler of vLLM. */
function scheduled(served: Served): PricedRun {
  const { card, parameters } = modelOf(speculating(known, served).fit);
  const engine = { ...settingsFor(known, 4), speculation: served.speculation };
  const attention = new AttentionWork(card, served.speculation);
  const pricer = new StepPricer(card, parameters, 4, served.speculation);
  const schedule = simulate(attention, pricer, engine, {
    ...scheduledLoad(LOAD),
    cachedTokens: served.cached_input ?? 0,
    drawsAcceptance: true,
  });
  return priceRuns([schedule], card, parameters, engine)[0]!;
}

/** All on one server that does everything. */
function alone(requests: Requests, service: Service) {
  const [gaps, stretches] = [new GapMeter(), [] as Stretch[]];
  const cluster = clusterOf(requests, {
    onStretch: (worker, stretch) => {
      gaps.addStretch(worker, stretch);
      stretches.push(stretch);
    },
  });
  const worker = new Worker(0, service, requests, cluster);
  expect(cluster.run([worker], { prompt: () => worker, decode: () => worker })).toBe(true);
  expect([worker.idle, worker.promptTokens, worker.committedTokens]).toEqual([true, 0, 0]);
  return { gaps, stretches };
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one / values.length, 0);
const sum = (values: Int32Array): number => values.reduce((total, one) => total + one, 0);
const p99 = (values: readonly number[]): number => quantile(sortSample(values)!, 0.99);

test('steps of answers are drawn once by which proposals are accepted: their mean and spread as renewals have them', () => {
  const rows = Array.from({ length: 4_000 }, (_, one): Row => [one, 100, 512]);
  const steps = Array.from(requestsBy({ speculation }, rows).steps);
  expect(mean(steps) / decodeStepsOf(512, speculation)).toBeCloseTo(1, 2);
  const sd = Math.sqrt(mean(steps.map((one) => (one - mean(steps)) ** 2)));
  expect(sd / decodeStepsSd(512, speculation)).toBeCloseTo(1, 1);
  expect(Array.from(requestsBy({ speculation }, rows).steps)).toEqual(steps);
  expect(Array.from(requestsBy({ speculation }, rows, 2).steps)).not.toEqual(steps);
  expect(new Set(requestsBy({}, rows).steps)).toEqual(new Set([511]));
  expect(decodeStepsSd(512, undefined)).toBe(0);
});

describe.each<[string, Served]>([
  ['proposed tokens', { speculation }],
  ['a draft', { speculation, draft }],
  ['cached prompts', { cached_input: 1_024 }],
  ['both', { speculation, cached_input: 1_024 }],
])('one server is what the scheduler does with the same arrivals: %s', (_, served) => {
  const power = { idle_w: 0, stepWatts: () => 0 };
  const service = { ...serverOf(known, { ...served, input: 2_048, output: 256 }), power };
  const requests = atRandom(served);
  const { gaps, stretches } = alone(requests, service);
  const run = scheduled(served);
  const counted = (of: (one: number) => number): number[] => Array.from({ length: COUNT }, (__, i) => of(i));

  test('TTFT and TPOT, the mean and the slowest', () => {
    const ttfts = counted((one) => ttftOf(requests, one));
    const tpots = counted((one) => tpotOf(requests, one)!);
    const { ttft, tpot } = run.latencies;
    const ratios = [
      mean(ttfts) / mean([...ttft]),
      p99(ttfts) / p99([...ttft]),
      mean(tpots) / mean([...tpot]),
      p99(tpots) / p99([...tpot]),
    ];
    for (const ratio of ratios) expect([ratios, Math.abs(ratio - 1) < 0.04]).toEqual([ratios, true]);
  });

  test('gaps are between the steps that bring tokens, with the traits of the fit', () => {
    const { traits } = known.tails!;
    const tail = gapTail(run.gaps, 4, traits, meanGap(run.gaps))!;
    expect(gaps.at('mean') / tail.mean).toBeCloseTo(1, 1.3);
    expect(gaps.at(0.5) / tail.quantiles[0]!).toBeCloseTo(1, 1.3);
    expect(gaps.at(0.99) / tail.quantiles[3]!).toBeCloseTo(1, 1.3);
    expect(gaps.total.count).toBe(sum(requests.steps));
  });

  test('what is cached is not computed, what is proposed is verified', () => {
    const held = stretches.reduce((total, { steps, work }) => total + steps * work!.tokens, 0);
    const computed = 2_048 - (served.cached_input ?? 0);
    expect(held).toBe(requests.count * computed + sum(requests.steps) * (1 + requests.proposed));
  });
});

test('what all prompts share lies on a server once, proposed tokens and a draft take room of their own', () => {
  const capacity = (served: Served): number => serverOf(h100, served).kv_capacity_tokens;
  expect(capacity({ cached_input: 2_050 })).toBe(capacity({}) - 2_048);
  expect(capacity({ speculation })).toBe(capacity({}));
  expect(capacity({ speculation, draft })).toBeLessThan(0.95 * capacity({}));
  const held = (served: Served): number => heldOf(requestsBy(served, [[0, 4_096, 512]]), 0);
  expect(held({})).toBe(4_608);
  expect(held({ cached_input: 2_050, speculation })).toBe(4_608 - 2_048 + 4);
  // A prompt that is no longer than the cached part is computed from its last block on.
  expect(held({ cached_input: 8_192 })).toBe(4_608 - 4_080);
});

test('a server that was set up for each shape is set up for the requests that it gets', () => {
  const targets = h100.targets.map((one) => ({ ...one, budget_margin_tokens: 1_500 }));
  const of = (fit: Fit, input: number): number => serverOf(fit, { input }).step_tokens;
  expect(of({ ...h100, targets }, 3_000.4)).toBe(3_001 + h100.range.concurrency[1] + 1_500);
  expect(of(h100, 3_000)).toBe(h100.targets[0]!.max_num_batched_tokens);
});

test('caches on their way are of what is not shared', () => {
  const tpot = (served: Served): number => {
    const question: FleetQuestion = {
      requests: requestsBy(served, [[0, 4_096, 11] as Row, [100, 17, 1] as Row]),
      objectives: limitsOf({ tpot_mean_ms: 1 }),
      transfer: { ...TRANSFER, mode: 'serialized', nic_bytes_per_s: 1e9 },
    };
    const workers = { ...NO_WORKERS, prefill: 1, decode: 1 };
    return simulateFleet(question, everywhere(serverOf(h100, served)), workers).reached[0]!.seconds;
  };
  const bytes = serverOf(h100).source.kv.bytes_per_token * 3_072;
  const tp = 4;
  expect(tpot({}) - tpot({ cached_input: 3_072 })).toBeCloseTo(bytes / (tp * 1e9) / 10, 3);
});

test('a limit that a request alone misses is found with proposed tokens, too: a step is more than a token', () => {
  const requests = changing(10, 2);
  const quick = requestsOf(
    { at_s: [...requests.at_s], input_tokens: [...requests.input], output_tokens: [...requests.output] },
    { served: { speculation } },
  );
  const services = [serverOf(h100, { speculation })];
  const least = (key: 'tpot_p50_ms' | 'tbt_p50_ms' | 'e2e_p50_ms', of: Requests, on: readonly Service[]) =>
    missedAlone(of, limitsOf({ [key]: 0.001 }), on)[0]!.seconds;
  const plain = [serverOf(h100)];
  expect(least('tpot_p50_ms', quick, services)).toBeLessThan(0.5 * least('tpot_p50_ms', requests, plain));
  expect(least('e2e_p50_ms', quick, services)).toBeLessThan(0.5 * least('e2e_p50_ms', requests, plain));
  expect(least('tbt_p50_ms', quick, services)).toBeGreaterThan(least('tbt_p50_ms', requests, plain));
  const full = (key: 'tpot_mean_ms' | 'tbt_mean_ms'): number =>
    fullBatchOf(services[0]!, quick, limitsOf({ [key]: 20 }), 0.9);
  expect(full('tpot_mean_ms')).toBeGreaterThan(full('tbt_mean_ms'));
});

test('a static prefill pool proposes nothing; one whose workers are lent does, and is priced as such', () => {
  const served = { speculation, draft };
  const rows = Array.from({ length: 200 }, (_, one): Row => [one / 8, one % 2 ? 6_000 : 1_200, 1_000]);
  const question: FleetQuestion = {
    requests: requestsBy(served, rows),
    objectives: limitsOf({ ttft_p99_ms: 2_000, tpot_p99_ms: 30 }),
    transfer: TRANSFER,
  };
  const [proposes, silent] = [serverOf(h100, served), serverOf(h100)];
  const whole: PricedService = { service: proposes, usd_per_h: 2 };
  const prefill = [{ service: silent, lent: proposes, usd_per_h: 2 }];
  const fleets = sizeFleets(question, { ...everywhere([whole]), prefill });
  const at = Object.fromEntries(fleets.map(({ system, services }) => [system, services.prefill]));
  expect(at.two_pools).toBe(silent);
  expect(at.three_pools).toBe(silent);
  expect(at.splitwise).toBe(proposes);
  for (const { usd_per_h, total_devices } of fleets) expect(usd_per_h).toBe(2 * total_devices);
});
