import { describe, expect, test } from 'vitest';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { meanPadded, type Padding, paddedSize } from '../../src/roofline/padding.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { AttentionWork, stepWork } from '../../src/roofline/step-work.ts';
import { card, truth as parameters } from '../fit/virtual.ts';

const GRAPHS: Padding = { batch: [1, 2, 4, 8, 16, 24, 32], query: null, kv_blocks: null, block_size: 16 };
const SHAPES: Padding = {
  batch: [1, 2, 4, 8, 16, 32, 64],
  query: [128, 256, 512, 1024],
  kv_blocks: Array.from({ length: 16 }, (_, i) => 2 ** i),
  block_size: 128,
};
const CONTEXTS: Padding = { ...SHAPES, context_blocks: [1, 2, 4, 8, 16] };
const chunk = (tokens: number) => ({ tokens, context: 0, completes: true });

describe('a size', () => {
  test.each([
    [0, 0],
    [1, 1],
    [3, 4],
    [8, 8],
    [9, 16],
    [32, 32],
    [33, 33],
  ])('of %i is padded to %i', (size, padded) => {
    expect(paddedSize(GRAPHS.batch, size)).toBe(padded);
  });

  test('that is a mean lies between its neighbours', () => {
    expect(paddedSize(GRAPHS.batch, 8.25)).toBe(0.75 * 8 + 0.25 * 16);
    expect(paddedSize(GRAPHS.batch, 5.5)).toBe(8);
    expect(paddedSize(null, 8.25)).toBe(8.25);
  });

  test('that varies is padded as its parts are', () => {
    expect(meanPadded([4, 8], 2, 6)).toBe((2 * 4 + 2 * 8) / 4);
    expect(meanPadded([4, 8], 6, 12)).toBe((2 * 8 + 4 * 10) / 6);
    expect(meanPadded([4, 8], 10, 12)).toBe(11);
    expect(meanPadded([4, 8], 5, 5)).toBe(8);
    expect(meanPadded(null, 2, 6)).toBe(4);
  });
});

describe('a step', () => {
  const work = (padding: Padding | undefined, decodes: number, ...prompts: number[]) =>
    stepWork(new AttentionWork(card, undefined, padding), {
      decodes,
      decodeContext: 1000,
      prefills: prompts.map(chunk),
    });

  test('under CUDA graphs has the rows of the next one for its GEMMs alone', () => {
    const [plain, padded] = [work(undefined, 17), work(GRAPHS, 17)];
    expect(padded).toEqual({ ...plain, tokens: 24 });
    expect(work(GRAPHS, 5, 4).tokens).toBe(16);
    expect(work(GRAPHS, 5, 40)).toEqual(work(undefined, 5, 40));
  });

  test('in static shapes has every axis padded on its own', () => {
    const [plain, padded] = [work(undefined, 17, 200), work(SHAPES, 17, 200)];
    expect(padded).toMatchObject({ tokens: 32 + 256, sampled: 32 + 1, sequences: plain.sequences });
    // 17 000 tokens are 132.8 blocks of 128.
    expect(work(SHAPES, 17).attentionFlop / work(undefined, 17).attentionFlop).toBeCloseTo(
      (256 * 128) / 17_000,
    );
    expect(work(SHAPES, 0, 1025)).toEqual(work(undefined, 0, 1025));
  });
});

describe('a piece of a prompt in static shapes', () => {
  const piece = (tokens: number, context: number) => ({
    decodes: 0,
    decodeContext: 0,
    prefills: [{ tokens, context, completes: true }],
  });
  const work = (padding: Padding | undefined, tokens: number, context: number) =>
    stepWork(new AttentionWork(card, undefined, padding), piece(tokens, context));

  test('has its context padded in whole blocks', () => {
    // 1100 tokens are 8.6 blocks of 128, read as 16.
    expect(work(CONTEXTS, 200, 1100)).toEqual(work(undefined, 256, 2048));
    expect(work(CONTEXTS, 200, 1)).toEqual(work(undefined, 256, 128));
    expect(work(CONTEXTS, 200, 0)).toEqual(work(undefined, 256, 0));
    // Beyond the largest it is whole blocks.
    expect(work(CONTEXTS, 200, 3000)).toEqual(work(undefined, 256, 24 * 128));
  });

  test('without sizes of it has it as it is', () => {
    expect(work(SHAPES, 200, 1100)).toEqual(work(undefined, 256, 1100));
    expect(work({ ...CONTEXTS, query: null }, 200, 1100)).toEqual(work(undefined, 200, 1100));
  });
});

describe('a closed loop on padded steps', () => {
  const engine = { tensorParallel: 1, maxNumBatchedTokens: 2048, maxNumSeqs: 256, kvCapacityTokens: 4e5 };
  const shape = (concurrency: number) => ({
    inputTokens: 700,
    outputTokens: 256,
    concurrency,
    turnAroundSeconds: null,
    driving: { kind: 'steady', output_jitter: [0.9, 1.1] } as const,
  });

  test.each([1, 3, 5, 9, 12, 20])(
    'of %i streams takes as long in closed form as by the scheduler',
    (streams) => {
      const padded = { ...engine, padding: SHAPES };
      const [form, run] = [closedLoopMeans, scheduledMeans].map((means) =>
        means(card, parameters, padded, shape(streams)),
      );
      expect(form!.tpotSeconds! / run!.tpotSeconds!).toBeCloseTo(1, 1.3);
      expect(form!.ttftSeconds / run!.ttftSeconds).toBeCloseTo(1, 1);
      expect(run!.tpotSeconds).toBeGreaterThan(
        scheduledMeans(card, parameters, engine, shape(streams)).tpotSeconds!,
      );
    },
  );

  test.each([
    ['chunked', { inputTokens: 5000, cachedInputTokens: 0 }],
    ['cached', { inputTokens: 1500, cachedInputTokens: 1100 }],
  ])('of %s prompts takes longer where contexts are padded, by both predictors alike', (_, lengths) => {
    const alone = { ...shape(1), ...lengths, outputTokens: 2 };
    const ratio = (means: typeof scheduledMeans, padding: Padding): number =>
      means(card, parameters, { ...engine, maxNumBatchedTokens: 1024, padding }, alone).ttftSeconds;
    const padded = ratio(scheduledMeans, { ...SHAPES, context_blocks: [64] });
    expect(padded).toBeGreaterThan(1.01 * ratio(scheduledMeans, SHAPES));
    expect(ratio(closedLoopMeans, { ...SHAPES, context_blocks: [64] }) / padded).toBeCloseTo(1, 9);
  });
});
