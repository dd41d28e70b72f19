import { describe, expect, test } from 'vitest';
import { builtInCard } from '../../../src/model/cards.ts';
import {
  PARAMETER_NAMES,
  type ParameterName,
  type RooflineParameters,
} from '../../../src/roofline/parameters.ts';
import { latencySums, priceSum } from '../../../src/roofline/scheduler/latency-sums.ts';
import { priceSchedule, type Statistic } from '../../../src/roofline/scheduler/price-schedule.ts';
import type { Schedule } from '../../../src/roofline/scheduler/schedule.ts';
import { scheduleOf } from '../../../src/roofline/scheduler/scheduled-means.ts';
import type { ClosedLoopShape } from '../../../src/roofline/serving.ts';
import { StepPricer } from '../../../src/roofline/step-pricer.ts';
import { truth } from '../../fit/virtual.ts';
import fc from '../../property.ts';

const CARDS = ['llama-3.1-70b-fp8', 'gpt-oss-120b', 'deepseek-v3', 'qwen3-30b-a3b'];
const engine = { tensorParallel: 4, maxNumBatchedTokens: 2048, maxNumSeqs: 64, kvCapacityTokens: 60_000 };
const burst = {
  kind: 'burst',
  requests_per_stream: 3,
  input_jitter: [0.8, 1],
  output_jitter: [0.8, 1],
  statistic: 'mean',
} as const;
const shape: ClosedLoopShape = {
  inputTokens: 1500,
  outputTokens: 120,
  concurrency: 40,
  turnAroundSeconds: null,
  driving: burst,
};
const seed = 11;

const price = (
  schedule: Schedule,
  model: string,
  p: RooflineParameters,
  statistic: Statistic,
  gradient: boolean,
) =>
  priceSchedule(
    schedule,
    new StepPricer(builtInCard(model)!, p, engine.tensorParallel),
    p.request_overhead_s,
    {
      statistic,
      whole: false,
      gradient,
    },
  );

const anyDevice = fc
  .array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: 9, maxLength: 9 })
  .map(
    (logs) =>
      Object.fromEntries(
        PARAMETER_NAMES.map((name, i) => [name, truth[name] * Math.exp(logs[i]!)]),
      ) as unknown as RooflineParameters,
  );

const nudged = (p: RooflineParameters, name: ParameterName, log: number): RooflineParameters => ({
  ...p,
  [name]: p[name] * Math.exp(log),
});

describe.each(CARDS)('%s', (model) => {
  const card = builtInCard(model)!;
  const made = new Map<Statistic, Schedule>();
  const scheduleFor = (statistic: Statistic): Schedule => {
    const found = made.get(statistic) ?? scheduleOf(card, truth, engine, shape);
    made.set(statistic, found);
    return found;
  };

  test.each(['mean', 'median'] as const)('derivatives of the %s are those of differences', (statistic) => {
    const schedule = scheduleFor(statistic);
    fc.assert(
      fc.property(anyDevice, (p) => {
        const { ttft, tpot } = price(schedule, model, p, statistic, true);
        PARAMETER_NAMES.forEach((name, j) => {
          const h = 1e-6;
          const up = price(schedule, model, nudged(p, name, h), statistic, false);
          const down = price(schedule, model, nudged(p, name, -h), statistic, false);
          const slope = (a: number, b: number): number => (a - b) / (2 * h);
          expect(Math.abs(ttft.gradient[j]! - slope(up.ttft.seconds, down.ttft.seconds))).toBeLessThan(
            1e-6 * ttft.seconds,
          );
          expect(Math.abs(tpot!.gradient[j]! - slope(up.tpot!.seconds, down.tpot!.seconds))).toBeLessThan(
            1e-6 * tpot!.seconds,
          );
        });
      }),
      { seed, numRuns: 8 },
    );
  });

  test('sums over kinds of steps price means as the schedule does, with their derivatives', () => {
    const schedule = scheduleFor('mean');
    const sums = latencySums(schedule);
    fc.assert(
      fc.property(anyDevice, (p) => {
        const whole = price(schedule, model, p, 'mean', true);
        const pricer = new StepPricer(card, p, engine.tensorParallel);
        const ttft = priceSum(sums.ttft, pricer, true);
        const tpot = priceSum(sums.tpot!, pricer, true);
        expect(Math.abs((ttft.seconds + p.request_overhead_s) / whole.ttft.seconds - 1)).toBeLessThan(5e-4);
        expect(Math.abs(tpot.seconds / whole.tpot!.seconds - 1)).toBeLessThan(5e-4);
        PARAMETER_NAMES.forEach((name, j) => {
          const own = name === 'request_overhead_s' ? p.request_overhead_s : 0;
          expect(Math.abs(ttft.gradient[j]! + own - whole.ttft.gradient[j]!)).toBeLessThan(
            2e-3 * whole.ttft.seconds,
          );
          expect(Math.abs(tpot.gradient[j]! - whole.tpot!.gradient[j]!)).toBeLessThan(
            2e-3 * whole.tpot!.seconds,
          );
        });
      }),
      { seed, numRuns: 12 },
    );
    expect(sums.ttft.weight.length).toBeLessThan(schedule.steps.length);
  });
});

describe('statistics', () => {
  const schedule = scheduleOf(builtInCard(CARDS[0]!)!, truth, engine, shape);

  test('the median of a burst lies below its mean: the start-up is in the mean', () => {
    const mean = price(schedule, CARDS[0]!, truth, 'mean', false);
    const median = price(schedule, CARDS[0]!, truth, 'median', false);
    expect(median.ttft.seconds).toBeLessThan(0.9 * mean.ttft.seconds);
  });

  test('the median is the middle request, or the mean of the two in the middle', () => {
    const column = (...values: number[]) => Float64Array.from(values);
    // Three stretches of 1, 2 and 4 s; requests wait for one, two or all of them.
    const waits = (...firstEvent: number[]): Schedule => {
      const all = firstEvent.map(() => 0);
      const none = column(0, 0, 0);
      return {
        ...{ tokens: none, sampled: none, sequences: none, attentionFlop: none, attentionBytes: none },
        steps: none,
        idleSeconds: column(1, 2, 4),
        ...{ decodes: none, decodeContext: none },
        pauses: [],
        sentEvent: Int32Array.from(all),
        sentOffset: Float64Array.from(all),
        firstEvent: Int32Array.from(firstEvent),
        lastEvent: Int32Array.from(firstEvent),
        outputTokens: Int32Array.from(all, () => 1),
        ...{ preemptions: 0, turnAroundSeconds: 0, arrivalSeconds: 0, streams: 1 },
      };
    };
    const ttft = (schedule: Schedule, statistic: Statistic): number =>
      price(schedule, CARDS[0]!, truth, statistic, false).ttft.seconds - truth.request_overhead_s;
    expect(ttft(waits(2, 0, 1), 'median')).toBeCloseTo(3, 12);
    expect(ttft(waits(2, 0, 1), 'mean')).toBeCloseTo(11 / 3, 12);
    expect(ttft(waits(2, 0, 1, 0), 'median')).toBeCloseTo(2, 12);
  });

  test('a single output token has no TPOT', () => {
    const first = { ...shape, outputTokens: 1, driving: undefined };
    const only = scheduleOf(builtInCard(CARDS[0]!)!, truth, engine, first);
    expect(price(only, CARDS[0]!, truth, 'mean', true).tpot).toBeNull();
    expect(latencySums(only).tpot).toBeNull();
  });
});
