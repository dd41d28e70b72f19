import { DEFAULT_CHOICE } from '../../src/fit/dataset.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { lookForPadding, type PaddingLook } from '../../src/fit/padding/choose.ts';
import type { Padding } from '../../src/roofline/padding.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { EFFECT_NAMES, type EffectName } from '../../src/simulate/effects.ts';
import type { Suite } from '../../src/suite/schema.ts';
import type { Verdict } from './judge.ts';
import { accelerator, card, STAMP_ERROR_S } from './one-seed.ts';
import { LINEAR_SIZES } from './padded-seed.ts';
import { virtualRun } from './virtual-run.ts';

/** @param padding what the device pads its steps to; null: nothing. @returns what the engine's steps in one cell say of it */
export function lookAtSteps(
  tomography: Suite,
  seed: number,
  effects: readonly EffectName[],
  padding: Padding | null,
): PaddingLook {
  const device = createDevice({ accelerator, card, seed, effects });
  const settings = { ...device.settings, ...(padding && { padding }) };
  const measuring = { seed, stampErrorSeconds: STAMP_ERROR_S, steps: true };
  const data = observationsFromRuns([virtualRun(tomography, [{ ...device, settings }], measuring)]);
  return lookForPadding(data, DEFAULT_CHOICE, { seed: 1, starts: 3, predictor: 'scheduler' });
}

/** Devices that are asked for a false alarm for each that pads. */
const PLAIN_FOR_EACH = 5;

/** Whether the steps of one cell tell sizes that no engine has by itself, and make nothing of devices that pad nothing. */
export function paddedStepsTable(tomography: Suite, seeds: readonly number[]): Verdict[] {
  const told = seeds.filter((seed) => {
    const { asked } = lookAtSteps(tomography, seed, [], LINEAR_SIZES);
    return typeof asked?.value === 'object' && asked.value.sizes.query?.at(-2) === LINEAR_SIZES.query!.at(-2);
  });
  const plain = seeds.flatMap((seed) =>
    Array.from({ length: PLAIN_FOR_EACH }, (_, index) => PLAIN_FOR_EACH * seed + index),
  );
  const alarms = plain.filter(
    (seed, index) => lookAtSteps(tomography, seed, index % 2 === 0 ? EFFECT_NAMES : [], null).asked !== null,
  );
  return [
    {
      target: 'one cell: its steps tell linear sizes of every device, effects off',
      seen: `${told.length} of ${seeds.length}`,
      pass: told.length === seeds.length,
    },
    {
      target: 'one cell: nothing is made of devices that pad nothing, half of them with all effects',
      seen: `${alarms.length} of ${plain.length}`,
      pass: alarms.length === 0,
    },
  ];
}
