import { describe, expect, test } from 'vitest';
import { stepsKey } from '../../../src/fit/from-runs.ts';
import { planChunks } from '../../../src/fit/steps/chunk-plan.ts';
import { observedSteps } from '../../../src/fit/steps/observed-steps.ts';
import { requestOverhead } from '../../../src/fit/steps/request-overhead.ts';
import { StepPricer } from '../../../src/roofline/step-pricer.ts';
import { AttentionWork, stepWork } from '../../../src/roofline/step-work.ts';
import { createRandom } from '../../../src/stats/random.ts';
import { card, truth } from '../virtual.ts';
import { measureCell } from './tomography.ts';

const budget = 1024;
const run = measureCell({ maxNumBatchedTokens: budget });
const steps = run.steps!.get(stepsKey(run.records[0]!))!;

describe('steps of an engine with a small budget', () => {
  const found = observedSteps(steps, null);

  test('show the budget, whether it is stated or not', () => {
    expect(found.budget).toMatchObject({ tokens: budget, read: budget });
    expect(observedSteps(steps, budget).budget.tokens).toBe(budget);
    expect(found.budget.at_least).toBeLessThanOrEqual(budget);
  });

  test('show how long a request takes to the scheduler', () => {
    expect(found.request_overhead!.seconds / truth.request_overhead_s).toBeCloseTo(1, 1);
  });

  test('are known but for a few, and each takes the time of what it computes', () => {
    expect(found.usable).toBeGreaterThan(0.9 * found.seen);
    const pricer = new StepPricer(card, truth, 1);
    const attention = new AttentionWork(card);
    const off = found.groups.map(({ loads, seconds }) => {
      const model =
        loads.reduce((sum, load) => sum + pricer.seconds(stepWork(attention, load)), 0) / loads.length;
      return Math.abs(model / seconds - 1);
    });
    expect(off.filter((each) => each < 0.05).length).toBeGreaterThan(0.95 * off.length);
    const mixed = found.groups.filter(({ kernel }) => kernel.kind === 'prefill');
    expect(mixed.length).toBeGreaterThan(10);
  });
});

test('a prompt longer than the budget is computed in pieces, the last with what is left', () => {
  const made = {
    end_s: [1, 2, 3, 4],
    bound_s: [0, 0, 0, 0],
    begin_s: [0, 1, 2, 3],
    after_idle: [true, false, false, false],
    decodes: [0, 1, 1, 1],
    context_tokens: [0, 11, 12, 13],
    tokens: [1, 1, 1, 2],
    open_prompts: [0, 1, 1, 0],
    open_prompt_tokens: [0, 250, 250, 0],
    prompts: [
      { step: 0, tokens: 10, cached_tokens: 0, sent_s: -0.5 },
      { step: 3, tokens: 250, cached_tokens: 0, sent_s: 0.5 },
    ],
  };
  const { chunks, surprises } = planChunks(made, { budget: 101, overhead_s: 0.01 });
  expect(chunks.slice(1)).toEqual([
    [{ tokens: 100, context: 0, completes: false }],
    [{ tokens: 100, context: 100, completes: false }],
    [{ tokens: 50, context: 200, completes: true }],
  ]);
  expect(surprises).toBe(0);
  expect(planChunks(made, { budget: 4096, overhead_s: 0.01 }).surprises).toBeGreaterThan(0);
});

describe('request overhead', () => {
  const random = createRandom(1);
  const bounds = (overhead_s: number) =>
    Array.from({ length: 300 }, () => {
      const began_s = overhead_s - 0.02 * random.uniform();
      return { above_s: Math.max(0, began_s), most_s: began_s + 0.02 };
    });

  test.each([0.005, 0.02, 0.08])('of %f s is found between what the steps bound it by', (overhead) => {
    const found = requestOverhead(bounds(overhead))!;
    expect(Math.abs(found.seconds / overhead - 1)).toBeLessThan(0.03);
    expect(found.relative_error).toBeLessThan(0.05);
  });

  test('is known no better than stamps are late', () => {
    const found = requestOverhead(bounds(0.02), 0.002)!;
    expect(found.relative_error).toBeGreaterThan(0.1);
    expect(found.relative_error).toBeLessThan(0.12);
  });

  test('of too few prompts is not known', () => {
    expect(requestOverhead(bounds(0.02).slice(0, 5))).toBeNull();
  });
});
