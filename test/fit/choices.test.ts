import { describe, expect, test } from 'vitest';
import { beyondChance, inferChoices } from '../../src/fit/choices.ts';
import { DEFAULT_CHOICE, withChoice } from '../../src/fit/dataset.ts';
import type { FitOptions } from '../../src/fit/fit-roofline.ts';
import type { Driving } from '../../src/roofline/driving.ts';
import { cellsOf, datasetOf, gridOf, type MadeCells } from './made-cells.ts';
import { card } from './virtual.ts';

const options: FitOptions = { seed: 1, starts: 3, predictor: 'closed_form' };
const SHAPES = [
  ...gridOf([128, 4096], [256], [1, 32]),
  ...gridOf([16_384], [256], [1, 4, 16]),
  ...gridOf([2048, 8192], [2], [1]),
];
const half = { ...card, kv_bytes_per_element: 1 };
const made = (truth: MadeCells, shapes = SHAPES) => cellsOf(shapes, { noise: 0.005, ...truth });
const infer = (truth: MadeCells, unknown: Parameters<typeof datasetOf>[1], shapes = SHAPES) =>
  inferChoices(datasetOf(made(truth, shapes), unknown), options);

describe('a fact that no run states is found, with its evidence', () => {
  test.each([
    ['kv_bytes_per_element', 1, { card: half }],
    ['kv_bytes_per_element', 2, {}],
    ['max_num_batched_tokens', 2048, { engine: { maxNumBatchedTokens: 2048 } }],
    ['max_num_batched_tokens', 8192, {}],
  ] as const)('%s of %d', (name, value, truth) => {
    const { choice, inferred } = infer(truth, [name]);
    expect(choice).toEqual({ ...DEFAULT_CHOICE, [name]: value });
    const [answer] = inferred;
    expect(answer).toMatchObject({ name, value, decided: true });
    for (const { value: other, cost_ratio } of answer!.tried) {
      if (other === value) expect(cost_ratio).toBe(1);
      else expect(cost_ratio).toBeGreaterThan(1.05);
    }
  });

  test('two at once', () => {
    const { choice } = infer({ card: half, engine: { maxNumBatchedTokens: 2048 } }, [
      'kv_bytes_per_element',
      'max_num_batched_tokens',
    ]);
    expect(choice).toMatchObject({ kv_bytes_per_element: 1, max_num_batched_tokens: 2048 });
  });
});

describe('what servers that were set up for each row leave open', () => {
  const driving: Driving = {
    kind: 'burst',
    requests_per_stream: 10,
    input_jitter: [1, 1],
    output_jitter: [1, 1],
    order: 'together',
    statistic: 'mean',
  };
  const shapes = [...gridOf([512, 4096], [64, 256], [4, 16])];

  test.each([
    ['seat_margin', -1, { seatMargin: -1 }],
    ['seat_margin', 0, {}],
    ['planning', 'a_step_ahead', { plansAhead: true }],
    ['planning', 'each_step', {}],
  ] as const)('%s %s', (name, value, truly) => {
    const engine = { wholePrompts: true, ...truly };
    const cells = made({ driving, engine }, shapes);
    const asked = cells.map((one) => ({
      ...one,
      engine: { ...one.engine, seatMargin: undefined, plansAhead: undefined },
    }));
    const dataset = datasetOf(asked, [name]);
    const { choice, inferred } = inferChoices(dataset, options);
    expect(choice[name]).toBe(value);
    expect(inferred).toMatchObject([{ name, value, decided: true }]);
    for (const one of withChoice(dataset, choice).observations) expect(one.engine).toMatchObject(truly);
  });
});

describe('how the requests of a burst arrive, where their client is not known by it', () => {
  const burst: Driving = {
    kind: 'burst',
    requests_per_stream: 10,
    input_jitter: [1, 1],
    output_jitter: [1, 1],
    statistic: 'mean',
  };
  const shapes = [...gridOf([512, 4096], [64, 256], [1, 4, 16])];

  test.each(['together', 'in_turn'] as const)('%s', (order) => {
    const cells = made({ driving: { ...burst, order } }, shapes);
    const dataset = datasetOf(
      cells.map((one) => ({ ...one, driving: burst })),
      ['burst_order'],
    );
    const { choice, inferred } = inferChoices(dataset, options);
    expect(choice.burst_order).toBe(order);
    expect(inferred).toMatchObject([{ name: 'burst_order', value: order, decided: true }]);
    for (const { driving } of withChoice(dataset, choice).observations) {
      expect(driving).toEqual({ ...burst, order });
    }
  });
});

test('where the cells do not tell, the default stands and is said to be undecided', () => {
  const short = [...gridOf([128, 512], [64], [1, 2]), ...gridOf([1024, 1536], [2], [1])];
  const { inferred } = infer({ engine: { maxNumBatchedTokens: 4096 } }, ['max_num_batched_tokens'], short);
  expect(inferred).toMatchObject([{ value: 8192, decided: false }]);
});

test('nothing unknown, nothing inferred', () => {
  expect(infer({}, [])).toEqual({ choice: DEFAULT_CHOICE, inferred: [] });
});

test('an answer touches only what is unknown', () => {
  const dataset = datasetOf(made({}), ['max_num_batched_tokens']);
  const other = {
    ...DEFAULT_CHOICE,
    kv_bytes_per_element: 1,
    max_num_batched_tokens: 2048,
    memory_utilisation: 0.85,
  };
  const answered = withChoice(dataset, other);
  expect(answered.card).toEqual(dataset.card);
  answered.observations.forEach(({ engine }, i) => {
    expect(engine).toEqual({ ...dataset.observations[i]!.engine, maxNumBatchedTokens: 2048 });
  });
});

test('of few cells an answer has to be likelier than chance among several, of many the usual tenth decides', () => {
  expect(beyondChance(6, 4)).toBeCloseTo(1.59, 2);
  expect(beyondChance(80, 4)).toBeLessThan(1.04);
  expect(beyondChance(6, 1)).toBe(1);
  expect(beyondChance(-3, 4)).toBeCloseTo(16, 9);
});
