import { expect, test } from 'vitest';
import { LINEAR_SIZES } from '../../../scripts/recovery/padded-seed.ts';
import { lookAtSteps } from '../../../scripts/recovery/padded-steps.ts';
import { readSuite } from '../../../scripts/recovery/suite.ts';
import { EFFECT_NAMES } from '../../../src/simulate/effects.ts';

const whole = readSuite('suites/tomography.yaml');
const tomography = {
  ...whole,
  protocol: { ...whole.protocol, release_min_s: 60 },
  stop: { ...whole.stop, min_s: 20, max_s: 30 },
};

test('the steps of one cell tell sizes that no engine has by itself, with their evidence', () => {
  const { asked } = lookAtSteps(tomography, 5, [], LINEAR_SIZES);
  expect(asked!.value).toMatchObject({ sizes: { query: LINEAR_SIZES.query } });
  const [best, ...usual] = asked!.tried;
  expect(best!.cost_ratio).toBeLessThan(0.3);
  for (const { cost_ratio } of usual) expect(cost_ratio).toBeGreaterThan(2 * best!.cost_ratio);
  expect(asked!.worth).toBeLessThan(0.6);
}, 60_000);

test('the steps of a server that pads nothing say nothing, kernels that are chosen by size included', () => {
  expect(lookAtSteps(tomography, 5, [], null).asked).toBeNull();
  expect(lookAtSteps(tomography, 5, EFFECT_NAMES, null).asked).toBeNull();
}, 60_000);
