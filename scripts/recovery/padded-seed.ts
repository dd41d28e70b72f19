import type { CellError } from '../../src/fit/errors.ts';
import { type DatasetFit, errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitOptions } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns, type RunCells } from '../../src/fit/from-runs.ts';
import { ScheduleCache } from '../../src/fit/schedule-cache.ts';
import { BUCKETS } from '../../src/simulate/buckets.ts';
import { createDevice } from '../../src/simulate/device.ts';
import type { EffectName } from '../../src/simulate/effects.ts';
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

/** Draws a device that pads its steps as Gaudi does, measures a suite on it in virtual time, and fits it. */
export function recoverPadded(suite: Suite, seed: number, effects: readonly EffectName[]): PaddedResult {
  const parameters = drawTruth(seed);
  const device = createDevice({ accelerator, card, parameters, seed, effects, buckets: 'warm' });
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
  const known = observationsFromRuns([withBuckets(run)]);
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
    told: detected!.padding?.used === true && detected!.padding.value === 'doubling_shapes',
    tried: tried.map(({ value, cost_ratio }) => `${value} ${cost_ratio.toFixed(2)}`),
  };
}

/** The same run where the lab says the server's buckets. */
export function withBuckets({ run, ...rest }: RunCells): RunCells {
  const targets = run.targets.map((target) => ({
    ...target,
    definition: { ...target.definition!, buckets: BUCKETS },
  }));
  return { ...rest, run: { ...run, targets } };
}
