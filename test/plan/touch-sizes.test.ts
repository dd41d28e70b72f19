import { expect, test } from 'vitest';
import { NO_SIZES, unseenSizes } from '../../src/plan/touch-sizes.ts';
import { cell } from '../run/facts.ts';

const limits = { maxNumBatchedTokens: 2048, maxNumSeqs: 64, maxLengthTokens: 4096 };

test('steps that a cell meets are shown by powers of two, up to what its prompts or the budget hold', () => {
  const shown = unseenSizes(cell({ input_tokens: 100, concurrency: 4 }), limits, NO_SIZES);
  expect(shown).toEqual({ prompts: [1, 2, 4, 8, 16, 32, 64, 128, 256], batch: 4 });
  const most = unseenSizes(cell({ input_tokens: 1000, concurrency: 100 }), limits, shown);
  expect(most).toEqual({ prompts: [512, 1024, 2048], batch: 64 });
  expect(unseenSizes(cell({ input_tokens: 50, concurrency: 4 }), limits, shown)).toEqual(NO_SIZES);
});

test('no prompt is longer than the model takes', () => {
  const short = { ...limits, maxLengthTokens: 300 };
  const { prompts } = unseenSizes(cell({ input_tokens: 200, concurrency: 8 }), short, NO_SIZES);
  expect(prompts.at(-1)).toBe(256);
});

test('a lone stream, batches and pairs show their own', () => {
  for (const own of [
    cell({ concurrency: 1 }),
    cell({ kind: 'decode', concurrency: 8 }),
    cell({ kind: 'disaggregated', concurrency: 8 }),
  ])
    expect(unseenSizes(own, limits, NO_SIZES)).toEqual(NO_SIZES);
});

test('prompts alone are shown without a batch that decodes, an open loop with one of a guessed size', () => {
  expect(unseenSizes(cell({ kind: 'prefill', concurrency: 8 }), limits, NO_SIZES).batch).toBe(0);
  const open = cell({
    concurrency: null,
    arrivals: { process: 'poisson', rate_per_s: 3, burstiness: null, trace: null },
  });
  expect(unseenSizes(open, limits, NO_SIZES)).toMatchObject({ batch: 32 });
});
