import { describe, expect, test } from 'vitest';
import { aggregatedPlans } from '../../src/cost/aggregated-plans.ts';
import { aggregatedServer } from '../../src/cost/aggregated-server.ts';
import { closestTo } from '../../src/cost/closest.ts';
import { objectivesOf } from '../../src/cost/objectives.ts';
import { latencyOfPair } from '../../src/cost/pair-plan.ts';
import { decodePlans, decodeSteps, decodeStepsAt } from '../../src/cost/phase-plans.ts';
import type { GraphStage } from '../../src/cost/place/graph-schema.ts';
import { tokenLatencies } from '../../src/cost/place/token-latencies.ts';
import { planLatencies } from '../../src/cost/plan-latencies.ts';
import { searchAll } from '../../src/cost/search.ts';
import { fitSource } from '../../src/cost/sources/from-fit.ts';
import type { Objective, Workload } from '../../src/cost/workload.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { scheduledTails } from '../../src/roofline/scheduler/scheduled-tails.ts';
import { acceptances, drawnSteps } from '../../src/roofline/speculation.ts';
import { createRandom } from '../../src/stats/random.ts';
import { quantile, sortSample } from '../../src/stats/sorted.ts';
import { question } from './devices.ts';
import { withTails } from './known-tails.ts';

const bare = {
  ...(await readFit('fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json')),
  residual_table: null,
};
const fit = withTails(bare);
const { rules } = question();
const closed = { ...rules, queueing: { kind: 'none' } as const, utilisation: { prefill: 1, decode: 1 } };
const speculation = { draftTokens: 4, acceptance: 0.6 };
const sourceOf = (workload: Workload, of = fit) => fitSource(of, workload, 'h100-sxm');
const objective = (key: string): Objective => objectivesOf({ [key]: 1 })[0]!;

const { card, parameters } = modelOf(fit);
const tailsOf = ({ input, output, cached_input }: Workload, streams: number, rate: number | null = null) =>
  scheduledTails(
    card,
    parameters,
    { ...settingsFor(fit, 4), speculation },
    {
      inputTokens: input,
      cachedInputTokens: cached_input,
      outputTokens: output,
      concurrency: streams,
      turnAroundSeconds: null,
      driving:
        rate === null
          ? { kind: 'steady', output_jitter: [0.9, 1.1] }
          : { kind: 'open', process: 'poisson', burstiness: null, rate_per_s: rate, output_jitter: [1, 1] },
    },
    { traits: fit.tails!.traits },
  )!;

describe.each<[Workload, number]>([
  [{ input: 1024, output: 1024, speculation }, 48],
  [{ input: 4096, output: 512, speculation }, 16],
  [{ input: 4096, output: 512, speculation, cached_input: 3072 }, 32],
])(
  'percentiles of a shared server that speculates are the scheduler’s: %o, %i streams',
  (workload, streams) => {
    const server = aggregatedServer(sourceOf(workload).central, 4, streams, workload, closed);
    const tails = tailsOf(workload, streams);

    test('gaps are steps of verification, as the steps of the fit vary', () => {
      expect(server.gapAt(0.5) / tails.tbt!.quantiles[0]!).toBeCloseTo(1, 1);
      expect(server.gapAt(0.99) / tails.tbt!.quantiles[3]!).toBeCloseTo(1, 1);
      const without = aggregatedServer(sourceOf(workload, bare).central, 4, streams, workload, closed);
      expect(server.gapAt(0.99)).toBeGreaterThan(1.03 * without.gapAt(0.99));
      const { speculation: _, ...plain } = workload;
      const single = aggregatedServer(sourceOf(plain).central, 4, streams, plain, closed);
      expect(server.gapAt('mean')).toBeGreaterThan(1.02 * single.gapAt('mean'));
    });

    test('the slowest TPOT is that of requests whose proposals are accepted least', () => {
      expect(server.tpotAt('mean') / tails.tpot!.mean).toBeCloseTo(1, 1);
      const slower = (of: number, mean: number): number => of / mean - 1;
      const found = slower(server.tpotAt(0.99), server.tpotAt('mean'));
      const expected = slower(tails.tpot!.quantiles[3]!, tails.tpot!.mean);
      expect(found).toBeGreaterThan(0.03);
      // Streams of a closed loop meet about as many prompts each; what is left of that is the scheduler's alone.
      expect(Math.abs(found - expected)).toBeLessThan(0.05);
    });
  },
);

test('TTFT waits for steps of verification, at its percentile', () => {
  const workload = { input: 2048, output: 256, speculation };
  const rate = 3;
  const tails = tailsOf(workload, 16, rate);
  const streams = rate * (tails.e2e!.mean - tails.ttft!.mean);
  const at = (of: Workload): number =>
    aggregatedServer(sourceOf(of).central, 4, Math.round(streams), of, rules).ttftAt(0.99, rate);
  expect(at(workload) / tails.ttft!.quantiles[3]!).toBeCloseTo(1, 0.6);
  const { speculation: _, ...plain } = workload;
  expect(at(workload)).toBeGreaterThan(at(plain));
});

test('a decode pool: TPOT and E2E by how many steps a request takes, gaps by its steps', () => {
  const workload = { input: 1024, output: 256, speculation };
  const source = sourceOf(workload).central;
  const plan = decodePlans({ ...source, tp_sizes: [4] }, workload, rules).find(({ batch }) => batch === 32)!;
  const at = (key: string): number =>
    latencyOfPair(
      objective(key),
      { ttftAt: () => 0.1, decode: plan, transfer_s: 0 },
      source,
      workload,
      rules,
    );
  const accepted = acceptances(speculation, createRandom(3));
  const steps = sortSample(Array.from({ length: 20_000 }, () => drawnSteps(255, accepted)))!;
  for (const q of [0.5, 0.9, 0.99]) {
    const drawn = quantile(steps, q);
    const key = `p${Math.round(100 * q)}_ms`;
    expect(at(`tpot_${key}`) / ((drawn * plan.step_s) / 255)).toBeCloseTo(1, 1.7);
    expect(at(`e2e_${key}`) / (0.1 + drawn * plan.step_s)).toBeCloseTo(1, 1.7);
  }
  expect(at('tpot_mean_ms')).toBe(plan.tpot_s);
  expect(at('tbt_p50_ms') / plan.step_s).toBeCloseTo(1, 1);
  expect(at('tbt_p99_ms')).toBeGreaterThan(1.02 * plan.step_s);
});

test('limits are judged by them, in plans as in what comes closest; rows and intervals tell the same', () => {
  const workload = { input: 1024, output: 256, speculation };
  const source = sourceOf(workload);
  const one = { ...closed, decode_batches: [16] };
  const central = { ...source.central, tp_sizes: [4] };
  const server = aggregatedServer(central, 4, 16, workload, one);
  const isMet = (key: string, seconds: number): boolean =>
    aggregatedPlans(central, workload, objectivesOf({ [key]: 1e3 * seconds }), one).length > 0;
  for (const q of ['tpot_p99', 'tbt_p99'] as const) {
    const own = q === 'tpot_p99' ? server.tpotAt(0.99) : server.gapAt(0.99);
    expect([q, isMet(`${q}_ms`, 1.001 * own), isMet(`${q}_ms`, 0.999 * own)]).toEqual([q, true, false]);
  }
  const near = (key: string): number =>
    closestTo([central], { ...question({ [key]: 1 }), workload })[0]!.seconds;
  expect(near('tpot_p99_ms')).toBeGreaterThan(1.05 * near('tpot_mean_ms'));

  const asked = { ...question({ ttft_p99_ms: 2000, tpot_p99_ms: 30, tbt_p99_ms: 400 }), workload };
  const options = searchAll([{ source: source.central, usd_per_h: 1 }], asked);
  for (const option of options) {
    const [ttft, tpot, tbt] = planLatencies(option, [source], asked, 40);
    for (const { value_ms, limit_ms, interval_90_ms } of [ttft!, tpot!, tbt!]) {
      expect(value_ms).toBeLessThanOrEqual(limit_ms * (1 + 1e-9));
      expect(interval_90_ms![0]).toBeLessThan(value_ms);
    }
    // Tokens that a step accepts come together: TPOT is less than a step.
    expect(tbt!.value_ms).toBeGreaterThan(1.5 * tpot!.value_ms);
  }
});

test('longer answers and unlucky ones add up as independent things do', () => {
  const workload = { input: 1024, output: 256, speculation };
  const lucky = { ...workload, speculation: { draftTokens: 4, acceptance: 1 } };
  expect(decodeStepsAt(lucky, rules, 0.99)).toBeCloseTo(decodeSteps(lucky, rules), 6);
  expect(decodeStepsAt(workload, rules, 0.99)).toBeGreaterThan(1.05 * decodeSteps(workload, rules));
  expect(decodeStepsAt(workload, rules, 'mean')).toBe(decodeSteps(workload, rules));
  const { speculation: _, ...plain } = workload;
  expect(decodeStepsAt(plain, rules, 0.99)).toBe(255);
});

test('place: the limits of a decode stage are on the same', () => {
  const stage = {
    phase: 'decode',
    input: 1024,
    output: 256,
    speculation: { draft_tokens: 4, acceptance: 0.6 },
    objectives: { tpot_mean_ms: 1, tpot_p99_ms: 1, tbt_p50_ms: 1, tbt_p99_ms: 1 },
    options: [],
  } as unknown as GraphStage;
  const workload = { input: 1024, output: 256, speculation };
  const source = sourceOf(workload).central;
  const found = tokenLatencies(stage, source, { tp: 4, batch: 32 });
  const step = source.decodeSeconds(4, 32, 1152);
  const [mean, slow, median, slowest] = found.map(({ seconds }) => seconds);
  expect(mean! / step).toBeCloseTo(decodeSteps(workload, rules) / 255, 6);
  expect(slow! / mean!).toBeCloseTo(decodeStepsAt(workload, rules, 0.99) / decodeSteps(workload, rules), 6);
  expect(median! / step).toBeCloseTo(1, 2);
  expect(slowest! / step).toBeCloseTo(1 + 2.33 * fit.tails!.traits.step_spread, 1.5);
});
