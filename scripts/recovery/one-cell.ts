import type { CellError } from '../../src/fit/errors.ts';
import { cellErrors } from '../../src/fit/errors.ts';
import { fittedModel } from '../../src/fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, fitRoofline } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { createDevice } from '../../src/simulate/device.ts';
import type { EffectName } from '../../src/simulate/effects.ts';
import type { Suite } from '../../src/suite/schema.ts';
import { accelerator, card, priors, type Recovered, recovered, STAMP_ERROR_S } from './one-seed.ts';
import { virtualRun } from './virtual-run.ts';

/** What one cell's steps gave for a device. */
export interface CellResult {
  readonly seed: number;
  readonly recovered: readonly Recovered[];
  /** Cells of the other suite, measured on the same device and predicted. */
  readonly others: readonly CellError[];
  readonly cellSeconds: number;
  readonly fitSeconds: number;
  /** Why the cell is of no use; empty: it was fitted. */
  readonly leftOut: readonly string[];
}

/** Fits a simulated device from the steps of a suite's one cell in virtual time, and predicts another suite's cells with it. */
export function recoverFromCell(
  tomography: Suite,
  others: Suite,
  seed: number,
  effects: readonly EffectName[],
): CellResult {
  const device = createDevice({ accelerator, card, seed, effects });
  const run = virtualRun(tomography, [device], { seed, stampErrorSeconds: STAMP_ERROR_S, steps: true });
  const started = performance.now();
  const { observations, left_out } = observationsFromRuns([run]);
  const cellSeconds = run.records[0]!.elapsed_s ?? 0;
  if (observations.length === 0) {
    const leftOut = left_out.flatMap(({ reasons }) => reasons);
    return { seed, recovered: [], others: [], cellSeconds, fitSeconds: 0, leftOut };
  }
  const fit = fitRoofline({ card, priors, observations }, DEFAULT_FIT_OPTIONS);
  const model = fittedModel(fit);
  const fitSeconds = (performance.now() - started) / 1e3;
  const cells = virtualRun(others, [device], { seed, stampErrorSeconds: STAMP_ERROR_S });
  return {
    seed,
    recovered: fit.names.map((name) => recovered(fit, device.parameters, name)),
    others: cellErrors(model, observationsFromRuns([cells]).observations),
    cellSeconds,
    fitSeconds,
    leftOut: [],
  };
}
