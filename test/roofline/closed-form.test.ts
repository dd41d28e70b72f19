import { describe, expect, test } from 'vitest';
import { builtInCard } from '../../src/model/cards.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { priceSchedule } from '../../src/roofline/scheduler/price-schedule.ts';
import { loadOf, scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { simulate } from '../../src/roofline/scheduler/simulate.ts';
import type { ClosedLoopShape, EngineSettings } from '../../src/roofline/serving.ts';
import { stepTime } from '../../src/roofline/step.ts';
import { StepPricer } from '../../src/roofline/step-pricer.ts';
import { AttentionWork } from '../../src/roofline/step-work.ts';
import { card, truth } from '../fit/virtual.ts';

/** A steady loop by the scheduler, over so many requests that chance is well below the closed form's error. */
function manyRequests(model: string, engine: EngineSettings, shape: ClosedLoopShape) {
  const own = builtInCard(model)!;
  const pricer = new StepPricer(own, truth, engine.tensorParallel);
  const load = {
    ...loadOf(own, truth, engine, shape),
    warmUpRequests: 5 * shape.concurrency,
    measuredRequests: Math.max(1500, 20 * shape.concurrency),
  };
  const schedule = simulate(new AttentionWork(own), pricer, engine, load);
  return priceSchedule(schedule, pricer, truth.request_overhead_s, {
    statistic: 'mean',
    whole: false,
    gradient: false,
  });
}

interface Comparison {
  readonly cell: string;
  readonly ttft: number;
  readonly tpot: number;
  readonly throughput: number;
  /** Share of a step's prompt tokens that would arrive if nothing queued. */
  readonly load: number;
}

/** Relative errors of the closed form in cells that it does not mark as rough. */
function compare(
  model: string,
  tensorParallel: number,
  turnAroundSeconds: number | null,
  maxNumSeqs = 256,
): Comparison[] {
  const found: Comparison[] = [];
  for (const maxNumBatchedTokens of [2048, 8192]) {
    const engine = { tensorParallel, maxNumBatchedTokens, maxNumSeqs, kvCapacityTokens: 1e7 };
    for (const inputTokens of [128, 1000, 4000, 12_000]) {
      for (const outputTokens of [128, 512]) {
        for (const concurrency of [1, 4, 16, 64, 128]) {
          const shape = {
            ...{ inputTokens, outputTokens, concurrency, turnAroundSeconds },
            driving: { kind: 'steady', output_jitter: [0.9, 1.1] },
          } as const;
          const means = closedLoopMeans(builtInCard(model)!, truth, engine, shape);
          if (means.rough) continue;
          const { ttft, tpot, outputTokensPerSecond } = manyRequests(model, engine, shape);
          const streams = Math.min(concurrency, maxNumSeqs);
          const size = inputTokens / (maxNumBatchedTokens - streams + 1);
          found.push({
            cell: `${maxNumBatchedTokens}/${inputTokens}/${outputTokens}/${concurrency}`,
            ttft: Math.abs(means.ttftSeconds / ttft.seconds - 1),
            tpot: Math.abs(means.tpotSeconds! / tpot!.seconds - 1),
            throughput: Math.abs(means.outputTokensPerSecond / outputTokensPerSecond - 1),
            load: ((streams - 1) * size) / (outputTokens - 1 + Math.ceil(size)),
          });
        }
      }
    }
  }
  return found;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const beyond = (cells: readonly Comparison[], ttft: number, tpot: number): string[] =>
  cells
    .filter((each) => each.ttft > ttft || each.tpot > tpot)
    .map((each) => `${each.cell}: ${each.ttft.toFixed(3)}, ${each.tpot.toFixed(4)}`);
/** From a third of saturation on the order of requests begins to tell. */
const calm = (cells: readonly Comparison[]) => cells.filter(({ load }) => load < 0.35);
const busy = (cells: readonly Comparison[]) => cells.filter(({ load }) => load >= 0.35 && load < 0.7);
const saturated = (cells: readonly Comparison[]) => cells.filter(({ load }) => load > 1.3);

describe.each([
  ['llama-3.1-8b', 1],
  ['llama-3.1-70b-fp8', 4],
  ['gpt-oss-120b', 2],
] as const)('against the scheduler with the same parameters: %s, TP %i', (model, tp) => {
  test('requests that meet the end of a step: TTFT within 3 %, TPOT within 1 %', () => {
    const cells = compare(model, tp, null);
    expect(cells.length).toBeGreaterThan(65);
    expect(beyond(calm(cells), 0.03, 0.01)).toEqual([]);
    expect(beyond(busy(cells), 0.08, 0.015)).toEqual([]);
    expect(beyond(saturated(cells), 0.015, 0.025)).toEqual([]);
    expect(mean(cells.map(({ ttft }) => ttft))).toBeLessThan(0.01);
  });

  test.each([0, 0.003])('requests that arrive within a step, turn-around %d s', (turnAround) => {
    const cells = compare(model, tp, turnAround);
    expect(cells.length).toBeGreaterThan(40);
    expect(beyond(cells, 0.1, 0.025)).toEqual([]);
    // Which step a request joins is decided by the scatter of a few steps: a few cells are off by a part of a step.
    expect(beyond(cells, 0.03, 0.025).length).toBeLessThan(0.2 * cells.length);
    expect(mean(cells.map(({ ttft }) => ttft))).toBeLessThan(0.015);
    expect(mean(cells.map(({ tpot }) => tpot))).toBeLessThan(0.003);
  });
});

test('requests that queue for seats: throughput and latencies within 1 %', () => {
  const cells = compare('llama-3.1-70b-fp8', 4, 0.003, 48).filter(({ cell }) => /\/(64|128)$/.test(cell));
  expect(cells.length).toBeGreaterThan(15);
  expect(beyond(cells, 0.03, 0.01)).toEqual([]);
  expect(Math.max(...cells.map(({ throughput }) => throughput))).toBeLessThan(0.01);
});

test('reserved KV memory: a queue for seats, too', () => {
  const engine = {
    ...{ tensorParallel: 4, maxNumBatchedTokens: 8192, maxNumSeqs: 256, kvCapacityTokens: 150_000 },
    admission: 'reserved',
  } as const;
  const shape = {
    ...{ inputTokens: 4096, outputTokens: 1024, concurrency: 64, turnAroundSeconds: null },
    driving: { kind: 'steady', output_jitter: [0.9, 1.1] },
  } as const;
  const means = closedLoopMeans(builtInCard('llama-3.1-70b-fp8')!, truth, engine, shape);
  const { ttft, tpot } = manyRequests('llama-3.1-70b-fp8', engine, shape);
  expect(means.rough).toBe(false);
  expect(Math.abs(means.ttftSeconds / ttft.seconds - 1)).toBeLessThan(0.03);
  expect(Math.abs(means.tpotSeconds! / tpot!.seconds - 1)).toBeLessThan(0.01);
});

describe('bursts against the scheduler', () => {
  const errors = (
    input_jitter: [number, number],
    output_jitter: [number, number],
    statistic: 'mean' | 'median',
  ) => {
    const found: { ttft: number; tpot: number; rough: boolean }[] = [];
    for (const inputTokens of [128, 1024, 4096]) {
      for (const outputTokens of [128, 512]) {
        for (const concurrency of [4, 16, 64]) {
          const engine = {
            tensorParallel: 4,
            maxNumBatchedTokens: 8192,
            maxNumSeqs: 256,
            kvCapacityTokens: 1e7,
          };
          const driving = {
            kind: 'burst',
            requests_per_stream: 10,
            input_jitter,
            output_jitter,
            statistic,
          } as const;
          const shape = { inputTokens, outputTokens, concurrency, turnAroundSeconds: null, driving };
          const own = builtInCard('llama-3.1-70b-fp8')!;
          const closed = closedLoopMeans(own, truth, engine, shape);
          const scheduled = scheduledMeans(own, truth, engine, shape);
          found.push({
            ttft: Math.abs(closed.ttftSeconds / scheduled.ttftSeconds - 1),
            tpot: Math.abs(closed.tpotSeconds! / scheduled.tpotSeconds! - 1),
            rough: closed.rough,
          });
        }
      }
    }
    return {
      ttft: mean(found.map(({ ttft }) => ttft)),
      tpot: mean(found.map(({ tpot }) => tpot)),
      rough: found.filter(({ rough }) => rough).length,
    };
  };

  test('with jitter: mean errors of 4 % in TTFT and 1 % in TPOT', () => {
    const { ttft, tpot } = errors([0.8, 1], [0.8, 1], 'mean');
    expect(ttft).toBeLessThan(0.04);
    expect(tpot).toBeLessThan(0.01);
  });

  test('exact lengths stay in line: 11 % and 7 %, and all of them are marked', () => {
    const { ttft, tpot, rough } = errors([1, 1], [1, 1], 'mean');
    expect(ttft).toBeLessThan(0.11);
    expect(tpot).toBeLessThan(0.07);
    expect(rough).toBe(18);
  });

  test('medians leave the start-up out', () => {
    expect(errors([0.8, 1], [0.8, 1], 'median').ttft).toBeLessThan(0.1);
  });
});

const engine = { tensorParallel: 1, maxNumBatchedTokens: 8192, maxNumSeqs: 256, kvCapacityTokens: 400_000 };
const shape = { inputTokens: 1000, outputTokens: 200, concurrency: 1, turnAroundSeconds: null };

test('one stream: the request overhead and its prompt, then plain decode steps', () => {
  const means = closedLoopMeans(card, truth, engine, shape);
  const chunk = { tokens: 1000, context: 0, completes: true };
  const prefill = stepTime(card, truth, 1, { prefills: [chunk], decodes: 0, decodeContext: 0 }).total;
  const decode = stepTime(card, truth, 1, { prefills: [], decodes: 1, decodeContext: 1100 }).total;
  expect(means.ttftSeconds).toBeCloseTo(truth.request_overhead_s + prefill, 12);
  expect(means.tpotSeconds).toBeCloseTo(decode, 12);
  expect(means.e2eSeconds).toBeCloseTo(means.ttftSeconds + 199 * decode, 12);
});

test("Little's law holds between throughput and residence", () => {
  const means = closedLoopMeans(card, truth, engine, { ...shape, concurrency: 32 });
  expect((means.outputTokensPerSecond / 200) * means.e2eSeconds).toBeCloseTo(32, 9);
});

test('more streams than fit the KV cache wait for a seat, and the answer says it is rough', () => {
  const small = { ...engine, kvCapacityTokens: 11_000 };
  const means = closedLoopMeans(card, truth, small, { ...shape, concurrency: 20 });
  expect(means.rough).toBe(true);
  expect(means.ttftSeconds).toBeGreaterThan(
    closedLoopMeans(card, truth, small, { ...shape, concurrency: 10 }).ttftSeconds,
  );
});

test('a single output token has no TPOT', () => {
  expect(closedLoopMeans(card, truth, engine, { ...shape, outputTokens: 1 }).tpotSeconds).toBeNull();
});

test('a client that is a while away finds a step in progress', () => {
  const loaded = { ...shape, concurrency: 16 };
  const prompt = closedLoopMeans(card, truth, engine, loaded);
  const away = closedLoopMeans(card, truth, engine, { ...loaded, turnAroundSeconds: 1e-3 });
  const wait = away.ttftSeconds - prompt.ttftSeconds;
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThan(prompt.tpotSeconds! * 1.1);
});
