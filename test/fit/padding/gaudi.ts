export { withBuckets } from '../../../scripts/recovery/padded-seed.ts';

import { virtualRun } from '../../../scripts/recovery/virtual-run.ts';
import type { RunCells } from '../../../src/fit/from-runs.ts';
import type { Padding } from '../../../src/roofline/padding.ts';
import { createDevice, type DeviceOptions } from '../../../src/simulate/device.ts';
import { suiteSchema } from '../../../src/suite/schema.ts';
import { accelerator, card, truth } from '../virtual.ts';

/** Loads and lengths between the sizes of static shapes, where padding shows. */
const manyCells = suiteSchema.parse({
  schema_version: 1,
  name: 'between',
  grid: [
    { input: [100, 300, 1500, 5000], output: [2], load: { concurrency: [1] } },
    { input: [300, 5000], output: [128], load: { concurrency: [1] } },
    { input: [128], output: [256], load: { concurrency: [3, 5, 9, 12, 20, 40] } },
    { input: [1500], output: [128], load: { concurrency: [3, 6, 10] } },
    { input: [700], output: [128], load: { concurrency: [7, 18, 34] }, hold_out: true },
  ],
  stop: { min_s: 1, max_requests: 200 },
});

/** As few of such cells as a fit takes. */
export const fewCells = suiteSchema.parse({
  schema_version: 1,
  name: 'few',
  grid: [
    { input: [100, 5000], output: [2], load: { concurrency: [1] } },
    { input: [128], output: [256], load: { concurrency: [1, 3, 5, 9, 20] } },
    { input: [700], output: [128], load: { concurrency: [18] }, hold_out: true },
  ],
  stop: { min_s: 1, max_requests: 200 },
});

/**
 * A suite on a simulated device, in virtual time.
 * @param padding what it pads its steps to, in the place of its buckets
 */
export function measured(
  options: Partial<DeviceOptions> = {},
  suite = manyCells,
  padding?: Padding,
): RunCells {
  const device = createDevice({ accelerator, card, parameters: truth, seed: 1, ...options });
  const settings = { ...device.settings, ...(padding && { padding }) };
  return virtualRun(suite, [{ ...device, settings }], { seed: 1, stampErrorSeconds: 0.2e-3 });
}
