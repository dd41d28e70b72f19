import { expect, test } from 'vitest';
import { drawTruth } from '../../../scripts/recovery/one-seed.ts';
import { readSuite } from '../../../scripts/recovery/suite.ts';
import { DEFAULT_CHOICE } from '../../../src/fit/dataset.ts';
import { observationsFromRuns } from '../../../src/fit/from-runs.ts';
import { lookForPadding } from '../../../src/fit/padding/choose.ts';
import { ramp } from '../../../src/fit/padding/generated.ts';
import type { Padding } from '../../../src/roofline/padding.ts';
import type { BucketMode } from '../../../src/simulate/buckets.ts';
import { EFFECT_NAMES } from '../../../src/simulate/effects.ts';
import { measured } from './gaudi.ts';

const whole = readSuite('suites/padding.yaml');
const padding = { ...whole, stop: { ...whole.stop, min_s: 1, max_requests: 100 } };

/** What the cells of a device whose kernels are chosen by size, with all else that real ones do, say of padding. */
function look(seed: number, buckets: BucketMode | null, suite?: typeof padding, sizes?: Padding) {
  const run = measured({ buckets, effects: EFFECT_NAMES, seed, parameters: drawTruth(seed) }, suite, sizes);
  const data = observationsFromRuns([run]);
  const observations = data.observations.filter(({ hold_out }) => !hold_out);
  return lookForPadding({ ...data, observations }, DEFAULT_CHOICE, {
    seed: 1,
    starts: 1,
    predictor: 'scheduler',
  });
}

test('cells beside powers of two tell static shapes from kernels that are chosen by size', () => {
  expect(look(1, 'warm', padding).asked).toMatchObject({ value: 'doubling_shapes' });
  expect(look(1, null, padding).asked).toBeNull();
}, 60_000);

test('static shapes that no engine has by itself are told where they are coarse', () => {
  const query = ramp(128, 1024, 8192);
  const sizes = { batch: ramp(1, 32, 256), query, kv_blocks: ramp(128, 128, 4096), block_size: 128 };
  const { asked } = look(301, null, padding, sizes);
  expect(asked!.value).toMatchObject({ sizes: { query } });
  expect(asked!.tried.map(({ cost_ratio }) => cost_ratio)).toEqual(
    asked!.tried.map(({ cost_ratio }) => cost_ratio).toSorted((a, b) => a - b),
  );
  expect(asked!.worth).toBeLessThan(0.6);
}, 60_000);

test('cells that are padded alike everywhere do not tell: nothing is made of them, and it is asked for others', () => {
  for (const seed of [6, 8]) {
    const { asked, unsure } = look(seed, 'warm');
    expect(asked).toBeNull();
    expect(unsure!.cost_ratio).toBeLessThan(0.97);
  }
}, 60_000);
