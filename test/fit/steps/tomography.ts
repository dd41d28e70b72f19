import { readSuite } from '../../../scripts/recovery/suite.ts';
import { virtualRun } from '../../../scripts/recovery/virtual-run.ts';
import type { RunCells } from '../../../src/fit/from-runs.ts';
import { createDevice } from '../../../src/simulate/device.ts';
import type { EffectName } from '../../../src/simulate/effects.ts';
import type { Suite } from '../../../src/suite/schema.ts';
import { accelerator, card, truth } from '../virtual.ts';

const whole = readSuite('suites/tomography.yaml');

/** The suite's cell, shorter: fewer streams, released faster. */
export const suite: Suite = {
  ...whole,
  grid: whole.grid.map((block) => ({ ...block, load: { concurrency: [48] } })) as Suite['grid'],
  protocol: { ...whole.protocol, release_min_s: 20 },
  stop: { ...whole.stop, min_s: 60, max_s: 60 },
};

/** One cell on a device with the known truth, in virtual time, with its steps. */
export function measureCell(
  options: { readonly effects?: readonly EffectName[]; readonly maxNumBatchedTokens?: number } = {},
): RunCells {
  const device = createDevice({ accelerator, card, parameters: truth, seed: 1, ...options });
  return virtualRun(suite, [device], { seed: 1, stampErrorSeconds: 0.2e-3, steps: true });
}
