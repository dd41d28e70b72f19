import { expect, test } from 'vitest';
import { rangeOf, STUDY_BASES, uniformRows } from '../../../src/cost/study/benefits.ts';
import { freeDecodeCeiling, judgedClaims, neededThroughput } from '../../../src/cost/study/claims.ts';
import { fittedClaims, fittedDevices, fittedRows } from '../../../src/cost/study/fitted.ts';
import { bestPairs, cheapestPrefill } from '../../../src/cost/study/orders.ts';
import { reconstructions } from '../../../src/cost/study/reconstruction.ts';
import { readFit } from '../../../src/fitfile/read.ts';
import { servedCard } from '../../../src/model/served-card.ts';

const rows = uniformRows();

test('every basis, shape and limit has all ordered pairs that it prices, none hidden', () => {
  expect(rows).toHaveLength(7 * 2 * 2);
  for (const row of rows) {
    const priced = row.basis.startsWith('inferencex') ? 9 : 16;
    for (const benefits of Object.values(row.by_model)) expect(Object.keys(benefits)).toHaveLength(priced);
  }
  expect(rangeOf(rows.at(-1)!, 'b200-sxm::gaudi3')).toBeNull();
});

test('of the published ratios 1.7 reproduces, 3 and 4 on no basis', () => {
  const verdicts = judgedClaims(rows).map(({ id, published, verdict }) => [id, published, verdict]);
  expect(verdicts).toEqual([
    ['C1', 1.7, 'reproduces'],
    ['C1', 1.7, 'does not reproduce'],
    ['C2', 3, 'does not reproduce'],
    ['C3', 4, 'does not reproduce'],
    ['C3', 2.5, 'on another basis'],
    ['C7', 1, 'reproduces'],
    ['C7', 1, 'does not reproduce'],
  ]);
  const [first, second] = judgedClaims(rows);
  expect(first!.most.value).toBeCloseTo(2.65, 2);
  expect(second!.stated[0]).toBeCloseTo(0.81, 2);
  expect(second!.stated[1]).toBeCloseTo(1.04, 2);
});

test('what would have to be true', () => {
  const found = neededThroughput().map((one) => [
    one.cost_ratio.gaudi3.toFixed(3),
    one.cost_ratio.b200.toFixed(3),
    `${one.gaudi3_decode.toFixed(2)} (${one.gaudi3_relative_efficiency.toFixed(2)})`,
    `${one.b200_decode.toFixed(2)} (${one.b200_relative_efficiency.toFixed(2)})`,
  ]);
  expect(found).toEqual([
    ['0.697', '1.557', '2.79 (2.52)', '3.89 (1.63)'],
    ['0.549', '1.589', '2.20 (1.99)', '3.97 (1.66)'],
    ['0.500', '1.600', '2.00 (1.81)', '4.00 (1.68)'],
    ['0.817', '1.383', '3.27 (2.96)', '3.46 (1.45)'],
  ]);
  const [small, large] = freeDecodeCeiling();
  expect(small!.prefill_share).toBeCloseTo(0.5, 2);
  expect(large!.prefill_share).toBeCloseTo(0.72, 2);
  expect(small!.ceiling).toBeCloseTo(2.9, 1);
  expect(large!.ceiling).toBeCloseTo(2.0, 1);
});

test('orders that the study has: the best pairs, and the cheapest prefill by precision and tariff', () => {
  const best = bestPairs(rows, STUDY_BASES[0]!.name);
  expect(best.reduce((sum, { times }) => sum + times, 0)).toBe(16);
  expect(best.map(({ pair }) => pair)).not.toContain('b200-sxm::gaudi3');
  const order = cheapestPrefill([0.4]).map(({ model, order: [first] }) => [model, first]);
  expect(order).toContainEqual(['70B FP16', 'gaudi3']);
  expect(order).toContainEqual(['70B FP8', 'mi300x']);
});

test('from fits: measured devices are said to be, others are carried, and ratios have intervals', async () => {
  const fits = await Promise.all(
    ['h100-sxm', 'b200-sxm'].map((id) =>
      readFit(`fits/${id}/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json`),
    ),
  );
  expect(fittedDevices(fits).map(({ how }) => how)).toEqual(['fit', 'fit', 'carried_fit', 'carried_fit']);
  const found = fittedRows(fits, 20);
  expect(found).toHaveLength(7 * 2 * 2);
  const stated = found.find(({ basis, limit }) => basis === 'asgar2025-stated' && limit === 'throughput')!;
  const base = stated.benefits.find(({ pair }) => pair === 'h100-sxm::h100-sxm')!;
  expect(base.benefit).toBe(1);
  for (const { benefit, uncertainty } of stated.benefits) {
    expect(benefit).toBeGreaterThan(0);
    expect(uncertainty!.benefit_90[0]).toBeLessThanOrEqual(uncertainty!.benefit_90[1]);
  }
  for (const { published, fitted, interval_90, verdict } of fittedClaims(found)) {
    const [low, high] = interval_90!;
    const inside = published >= low && published <= high;
    expect(verdict === 'excluded').toBe(!inside);
    expect(fitted[0]).toBeGreaterThanOrEqual(low);
  }
});

test('a fit of another model is carried to the one that is asked, and far shapes have no interval', async () => {
  const fit = await readFit('fits/h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json');
  const card = servedCard('meta-llama/Llama-3.1-70B', { precision: 'bf16' })!;
  expect(fittedDevices([fit], card).every(({ how }) => how === 'carried_fit')).toBe(true);
  expect(fittedDevices([fit])[0]!.how).toBe('fit');
  const found = fittedRows([fit], 10, card);
  expect(found[0]!.model).toBe('meta-llama/Llama-3.1-70B bf16');
  // 512 in is half of what was measured, 4096 out four times as much.
  const far = found.filter(({ shape }) => shape.output === 4096).flatMap(({ benefits }) => benefits);
  expect(far.every(({ uncertainty }) => uncertainty === null)).toBe(true);
  const unclear = fittedClaims(found).find(({ id, shape }) => id === 'C3' && shape === '512/4096')!;
  expect(unclear).toMatchObject({ interval_90: null, verdict: 'unclear' });
});

test('a sparse B200, a slow H100 and free power together give the published ratios; with power paid they do not', () => {
  const [decodeHeavy, prefillHeavy, paid] = reconstructions();
  const inside = (range: readonly [number, number], low: number, high: number): void => {
    expect(range[0]).toBeGreaterThan(low - 0.01);
    expect(range[1]).toBeLessThan(high + 0.01);
  };
  inside(decodeHeavy!.by_pair['b200-sxm::gaudi3']!, 3.72, 3.96);
  inside(decodeHeavy!.by_pair['b200-sxm::b200-sxm']!, 2.61, 2.7);
  inside(decodeHeavy!.by_pair['h100-sxm::gaudi3']!, 3.41, 3.75);
  inside(prefillHeavy!.by_pair['b200-sxm::gaudi3']!, 3.15, 3.41);
  inside(prefillHeavy!.by_pair['b200-sxm::b200-sxm']!, 2.68, 2.9);
  inside(paid!.by_pair['b200-sxm::gaudi3']!, 2.7, 2.9);
  inside(paid!.by_pair['b200-sxm::b200-sxm']!, 2.7, 2.8);
});
