import { expect, test } from 'vitest';
import { candidateGrid, rangeGrid, takesCell } from '../../src/plan/candidate-grid.ts';

const limits = { engine: { maxNumSeqs: 64, kvCapacityTokens: 50_000 }, maxLengthTokens: 9000 };
const cell = (input_tokens: number, output_tokens: number, concurrency: number) => ({
  input_tokens,
  output_tokens,
  concurrency,
});

test('a target takes what its length, its seats and its cache allow', () => {
  expect(takesCell(limits, cell(8000, 900, 1))).toBe(true);
  expect(takesCell(limits, cell(8000, 1000, 1))).toBe(false);
  expect(takesCell(limits, cell(128, 64, 64))).toBe(true);
  expect(takesCell(limits, cell(128, 64, 65))).toBe(false);
  expect(takesCell(limits, cell(4096, 256, 16))).toBe(false);
  expect(takesCell({ ...limits, maxLengthTokens: null }, cell(20_000, 64, 1))).toBe(true);
});

test('the grid has prompts alone and decodes beside others, and nothing that the target does not take', () => {
  const grid = candidateGrid(limits);
  expect(grid.length).toBeGreaterThan(50);
  expect(grid.every((one) => takesCell(limits, one))).toBe(true);
  expect(grid.filter((one) => one.output_tokens === 2).map((one) => one.concurrency)).toEqual([
    1, 1, 1, 1, 1, 1,
  ]);
});

test('a range is covered to its ends', () => {
  const grid = rangeGrid(
    { input_tokens: [128, 8192], output_tokens: [2, 512], concurrency: [1, 64] },
    { engine: { maxNumSeqs: 256, kvCapacityTokens: 1e6 }, maxLengthTokens: null },
  );
  expect(grid).toContainEqual(cell(128, 2, 1));
  expect(grid).toContainEqual(cell(8192, 512, 64));
  expect(grid).toHaveLength(4 * 3 * 4);
});
