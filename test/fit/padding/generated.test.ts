import { expect, test } from 'vitest';
import { observationsFromRuns } from '../../../src/fit/from-runs.ts';
import { exponential, generatedSizes, ramp } from '../../../src/fit/padding/generated.ts';
import { pads } from '../../../src/fit/padding/sizes.ts';
import { tellsOf } from '../../../src/fit/padding/telling.ts';
import { measured } from './gaudi.ts';

test('linear sizes double up to their step, then go on by it', () => {
  expect(ramp(2, 32, 64)).toEqual([2, 4, 8, 16, 32, 64]);
  expect(ramp(128, 128, 512)).toEqual([128, 256, 384, 512]);
  expect(ramp(1, 8, 17)).toEqual([1, 2, 4, 8, 16, 24]);
  expect(ramp(1, 64, 3)).toEqual([1, 2, 4, 8, 16, 32, 64]);
});

test('exponential sizes are rounded up to their step, each once', () => {
  expect(exponential(1, 1, 1024)).toEqual(ramp(1, 1024, 1024));
  expect(exponential(128, 128, 2048, 10)).toEqual([128, 256, 384, 512, 640, 896, 1152, 1536, 2048]);
});

test('sizes are made up to hold the loads of the data, and none pads a power of two that is a load', () => {
  const { observations } = observationsFromRuns([measured()]);
  const { batch, query, kv_blocks } = generatedSizes(observations);
  for (const sizes of [...batch, ...query, ...kv_blocks]) {
    if (sizes === null) continue;
    expect(sizes).toEqual([...new Set(sizes)].toSorted((a, b) => a - b));
    expect(pads({ batch: sizes, query: null, kv_blocks: null, block_size: 16 })).toBe(true);
  }
  for (const sizes of batch) {
    expect(sizes.at(-1)).toBeGreaterThanOrEqual(40);
    const powers = observations.map((one, i) => ({ ...one, concurrency: 2 ** (i % 6) }));
    expect(tellsOf(powers, { sizes: { batch: sizes, query: null, kv_blocks: null, block_size: 16 } })).toBe(
      false,
    );
  }
});
