import { describe, expect, test } from 'vitest';
import { planRound, type RoundQuestion } from '../../src/fit/next-round.ts';
import { readDevice } from '../../src/fitfile/device-read.ts';
import type { ClosedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import { unmeasuredModel } from '../../src/predict/unmeasured-server.ts';
import { factsOf } from '../../src/run/describe-target.ts';
import { accelerator, card, measureSuite } from './virtual.ts';

const whole = measureSuite();
const closed = whole.records.map(({ target, key, cell }) => ({ target, key, cell: cell as ClosedLoopCell }));
const cells = closed;
const asked = closed.map(({ cell, target }) => ({
  input_tokens: cell.input_tokens,
  output_tokens: cell.output_tokens,
  concurrency: cell.concurrency,
  tensor_parallel: target === 'sim-tp1' ? 1 : 2,
}));

/** The suite of `virtual.ts` after some of its cells. */
function ask(keys: ReadonlySet<string>, more: Partial<RoundQuestion> = {}) {
  return planRound({
    run: { run: whole.run, records: whole.records.filter(({ key }) => keys.has(key)) },
    facts: whole.run.targets.map((target) => factsOf(target)),
    open: cells.filter(({ key, cell }) => !keys.has(key) && !cell.hold_out),
    asked,
    goals: {},
    criterion: 'i',
    count: 6,
    within_s: 3600,
    ...more,
  });
}

describe('planRound', () => {
  test('starts from the priors, fits as soon as it can, and is less uncertain every time', () => {
    const first = ask(new Set());
    expect(first).toMatchObject({ fitted: false, reached: false });
    expect(first.chosen).toHaveLength(6);
    const second = ask(new Set(first.chosen), { count: 3 });
    expect(second.widths.tpot!).toBeLessThan(0.5 * first.widths.tpot!);
    expect(second.chosen.some((key) => first.chosen.includes(key))).toBe(false);
    const third = ask(new Set([...first.chosen, ...second.chosen]));
    expect(third.fitted).toBe(true);
    expect(third.widths.tpot!).toBeLessThan(second.widths.tpot!);
  });

  test('a goal is reached by a fit with enough cells alone, and only when every metric is', () => {
    const all = new Set(cells.map(({ key }) => key));
    const done = ask(all, { goals: { ttft: 0.5, tpot: 0.2 } });
    expect(done).toMatchObject({ fitted: true, reached: true, chosen: [], too_long: false });
    expect(ask(all, { goals: { ttft: 0.5, tpot: 1e-5 } }).reached).toBe(false);
    expect(ask(all).reached).toBe(false);
    expect(ask(new Set(), { goals: { ttft: 99, tpot: 99 } }).reached).toBe(false);
  });

  test('starts from what fits of other models say of the server, where that is known, and is not ended by it', async () => {
    const device = await readDevice('fits/h100-sxm/device.json');
    const model = unmeasuredModel({ device, accelerator, card, engine: 'vllm' });
    const expected = { model, degrees: 6 };
    const goals = { ttft: 99, tpot: 99 };
    const [plain, known] = [ask(new Set(), { goals }), ask(new Set(), { goals, expected })];
    expect(known).toMatchObject({ fitted: false, reached: false });
    expect(known.widths.tpot).not.toBe(plain.widths.tpot);
    const after = ask(new Set(known.chosen.slice(0, 2)), { goals, expected });
    expect(after.widths.tpot!).toBeLessThan(known.widths.tpot!);
    expect(after.reached).toBe(false);
    // With eight cells and more it is forgotten.
    const all = new Set(cells.map(({ key }) => key));
    expect(ask(all, { expected }).widths).toEqual(ask(all).widths);
  });

  test('without time it chooses nothing, and says that there is more', () => {
    expect(ask(new Set(), { within_s: 0.5 })).toMatchObject({ chosen: [], too_long: true });
  });

  test('for a long prompt alone it measures one, on the size where that is cheapest', () => {
    const prompt = [{ input_tokens: 16_000, output_tokens: 2, concurrency: 1, tensor_parallel: 1 }];
    const { chosen } = ask(new Set(), { asked: prompt, count: 1 });
    expect(cells.find(({ key }) => key === chosen[0])).toMatchObject({
      cell: { input_tokens: 16_384, output_tokens: 2, concurrency: 1 },
    });
  });

  test('a target that a fit could not use is refused before anything is measured', () => {
    const targets = whole.run.targets.map((target) => ({ ...target, model_card: null }));
    const run = { run: { ...whole.run, targets }, records: [] };
    expect(() => ask(new Set(), { run })).toThrow(/model/);
  });
});
