import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { builtInCard } from '../../src/model/cards.ts';
import { targetModel } from '../../src/plan/facts.ts';
import { identifiability } from '../../src/plan/identifiability.ts';
import { planSuite } from '../../src/plan/plan.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { loadSuite } from '../../src/suite/load-suite.ts';
import { factsOf } from '../plan/facts.ts';

const both = [1, 2].map((tensorParallel) => factsOf({ name: `tp${tensorParallel}`, tensorParallel }));
const load = (name: string) => loadSuite(`suites/${name}.yaml`);
const shapesOf = (points: Awaited<ReturnType<typeof load>>['points']): Set<string> =>
  new Set(points.map(({ input_tokens, output_tokens }) => `${input_tokens}/${output_tokens}`));

async function planOn(name: string, facts = both) {
  const { suite, points } = await load(name);
  return planSuite(suite, points, facts);
}

const open = (plans: Awaited<ReturnType<typeof planOn>>): string[] =>
  identifiability(
    plans.map(({ cells }, index) => ({ facts: both[index]!, cells: cells.map(({ cell }) => cell) })),
  )
    .flatMap(({ parameters }) => parameters)
    .filter(({ identified }) => !identified)
    .map(({ parameter }) => parameter);

test.each(globSync('suites/*.yaml'))('%s loads, plans and is named like its file', async (file) => {
  const { suite, points } = await loadSuite(file);
  expect(`suites/${suite.name}.yaml`).toBe(file);
  const [plan] = planSuite(suite, points, [factsOf({ pair: true })]);
  expect(plan!.skipped).toEqual([]);
  expect(plan!.cells.length).toBeGreaterThan(0);
});

describe('roofline.yaml', () => {
  test('has 14 to 18 cells a target and identifies every parameter on TP 1 and 2', async () => {
    const plans = await planOn('roofline');
    for (const { cells } of plans) {
      expect(cells.length).toBeGreaterThanOrEqual(14);
      expect(cells.length).toBeLessThanOrEqual(18);
    }
    expect(open(plans)).toEqual([]);
  });

  test('is rough only in its one saturated cell, and repeats two anchors', async () => {
    for (const [index, { cells }] of (await planOn('roofline')).entries()) {
      const { card, centre, engine } = targetModel(both[index]!)!;
      const rough = cells.filter(
        ({ cell }) =>
          closedLoopMeans(card, centre, engine, {
            inputTokens: cell.input_tokens,
            outputTokens: cell.output_tokens,
            concurrency: cell.concurrency!,
            turnAroundSeconds: null,
          }).rough,
      );
      expect(rough.map(({ cell }) => cell.kv_fill)).toEqual([1.05]);
      expect(cells.filter(({ cell }) => cell.anchor === 'end')).toHaveLength(2);
    }
  });
});

test('demo.yaml fits in 100 s on TP 1 and 2, identifies every parameter and holds cells out', async () => {
  const plans = await planOn('demo');
  const seconds = plans.reduce((sum, { estimated_s }) => sum + estimated_s, 0);
  expect(seconds).toBeLessThan(95);
  expect(open(plans)).toEqual([]);
  const cells = plans.flatMap((plan) => plan.cells.map(({ cell }) => cell));
  expect(cells.filter(({ hold_out }) => hold_out).length).toBeGreaterThanOrEqual(4);
  expect((await load('demo')).suite).toMatchObject({
    repeats: 1,
    description: expect.stringMatching(/demonstration/),
  });
});

test('quick.yaml takes about ten minutes on one target', async () => {
  const [plan] = await planOn('quick', [factsOf()]);
  expect(plan!.estimated_s).toBeGreaterThan(6 * 60);
  expect(plan!.estimated_s).toBeLessThan(11 * 60);
});

test('reference-2025 has its shapes, models and limits, and a variant for throughput', async () => {
  const { suite, points } = await load('reference-2025');
  expect(shapesOf(points)).toEqual(new Set(['512/4096', '4096/512']));
  expect(suite.objectives).toMatchObject({ ttft_mean_ms: 250, tpot_mean_ms: 20 });
  const models = suite.models!.map((model) => builtInCard(model)!);
  expect(new Set(models.map(({ precision }) => precision))).toEqual(new Set(['bf16', 'fp8']));
  const throughput = await load('reference-2025-throughput');
  expect(shapesOf(throughput.points)).toEqual(shapesOf(points));
  expect(throughput.suite.objectives).toBeUndefined();
  expect(throughput.suite.models).toEqual(suite.models);
});

test('inferencemax has the public shapes, each at concurrency 4 to 64', async () => {
  const { points } = await load('inferencemax');
  expect(shapesOf(points)).toEqual(new Set(['1024/1024', '1024/8192', '8192/1024']));
  const loads = points.map(({ load }) => (load.kind === 'concurrency' ? load.concurrency : 0));
  expect([...new Set(loads)]).toEqual([4, 8, 16, 32, 64]);
  expect(points).toHaveLength(15);
});
