import type { CellError } from '../../src/fit/errors.ts';
import { type DatasetFit, errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitOptions } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns, type RunCells } from '../../src/fit/from-runs.ts';
import { ramp } from '../../src/fit/padding/generated.ts';
import { ScheduleCache } from '../../src/fit/schedule-cache.ts';
import type { Padding } from '../../src/roofline/padding.ts';
import { BUCKETS } from '../../src/simulate/buckets.ts';
import { createDevice } from '../../src/simulate/device.ts';
import type { EffectName } from '../../src/simulate/effects.ts';
import type { Bucket, Buckets } from '../../src/suite/buckets.ts';
import type { Suite } from '../../src/suite/schema.ts';
import { accelerator, card, drawTruth, type Recovered, recovered, STAMP_ERROR_S } from './one-seed.ts';
import { virtualRun } from './virtual-run.ts';

/** A fit of a device that pads its steps. */
export interface PaddedFit {
  readonly recovered: readonly Recovered[];
  /** Errors on cells that were kept from it. */
  readonly heldOut: readonly CellError[];
}

/** One padded device, fitted in three ways. */
export interface PaddedResult {
  /** Its sizes are known, as from its log. */
  readonly read: PaddedFit;
  /** Nothing is known of its sizes: what the fit makes of the staircase. */
  readonly detected: PaddedFit;
  /** Fitted as if it padded nothing. */
  readonly without: PaddedFit;
  /** Whether the staircase told its sizes; `cost_ratio` of each kind that was tried, the best first. */
  readonly told: boolean;
  readonly tried: readonly string[];
}

/** Linear buckets with the steps that are set for long prompts: sizes that no engine has by itself. */
export const LINEAR_SIZES: Padding = {
  batch: ramp(1, 32, 256),
  query: ramp(128, 1024, 8192),
  kv_blocks: ramp(128, 128, 4096),
  block_size: 128,
};
const BUCKETS_OF_LINEAR: Buckets = {
  prompt: LINEAR_SIZES.query!.map((tokens) => [1, tokens, 0]),
  decode: LINEAR_SIZES.batch!.flatMap((batch) =>
    LINEAR_SIZES.kv_blocks!.map((blocks): Bucket => [batch, 1, blocks]),
  ),
  block_size: LINEAR_SIZES.block_size,
};

/** What a device pads its steps to: powers of two, or `LINEAR_SIZES`. */
export type PaddedSizes = 'doubling' | 'linear';

/** Draws a device that pads its steps as Gaudi does, measures a suite on it in virtual time, and fits it. */
export function recoverPadded(
  suite: Suite,
  seed: number,
  effects: readonly EffectName[],
  sizes: PaddedSizes = 'doubling',
): PaddedResult {
  const parameters = drawTruth(seed);
  const usual = createDevice({ accelerator, card, parameters, seed, effects, buckets: 'warm' });
  const device =
    sizes === 'doubling' ? usual : { ...usual, settings: { ...usual.settings, padding: LINEAR_SIZES } };
  const run = virtualRun(suite, [device], { seed, stampErrorSeconds: STAMP_ERROR_S });
  const options: FitOptions = {
    seed: 1,
    starts: 3,
    predictor: 'scheduler',
    schedules: new ScheduleCache(),
  };
  const { observations, ...data } = observationsFromRuns([run]);
  const held = observations.filter((one) => one.hold_out);
  const seen = { ...data, observations: observations.filter((one) => !one.hold_out) };
  const known = observationsFromRuns([withBuckets(run, sizes === 'doubling' ? BUCKETS : BUCKETS_OF_LINEAR)]);
  const [read, detected] = [
    { ...known, observations: known.observations.filter((one) => !one.hold_out) },
    seen,
  ].map((dataset) => fitDataset(dataset, options));
  const heldKnown = known.observations.filter((one) => one.hold_out);
  const result = (fit: DatasetFit, of = held): PaddedFit => ({
    recovered: fit.fit.names.map((name) => recovered(fit.fit, parameters, name)),
    heldOut: errorsOn(fit, of, 'scheduler'),
  });
  const tried = detected!.padding?.tried ?? [];
  return {
    read: result(read!, heldKnown),
    detected: result(detected!),
    without: result(detected!.padding?.rival ?? detected!),
    told: isTold(detected!, sizes),
    tried: tried.map(
      ({ value, cost_ratio }) => `${typeof value === 'object' ? 'other' : value} ${cost_ratio.toFixed(2)}`,
    ),
  };
}

function isTold({ padding }: DatasetFit, sizes: PaddedSizes): boolean {
  if (!padding?.used) return false;
  if (sizes === 'doubling') return padding.value === 'doubling_shapes';
  return (
    typeof padding.value === 'object' && padding.value.sizes.query?.at(-2) === LINEAR_SIZES.query!.at(-2)
  );
}

/** The same run where the lab says the server's buckets. */
export function withBuckets({ run, ...rest }: RunCells, buckets: Buckets = BUCKETS): RunCells {
  const targets = run.targets.map((target) => ({
    ...target,
    definition: { ...target.definition!, buckets },
  }));
  return { ...rest, run: { ...run, targets } };
}
