import { type CellError, cellErrors } from '../../src/fit/errors.ts';
import { fittedModel } from '../../src/fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, fitRoofline, type RooflineFit } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns, type RunCells, type RunObservations } from '../../src/fit/from-runs.ts';
import type { Observation } from '../../src/fit/observations.ts';
import { createDevice, type SimulatedDevice } from '../../src/simulate/device.ts';
import type { EffectName } from '../../src/simulate/effects.ts';
import type { Suite } from '../../src/suite/schema.ts';
import { accelerator, card, priors, type Recovered, recovered, STAMP_ERROR_S } from './one-seed.ts';
import { virtualRun } from './virtual-run.ts';

/** How steps are weighed was settled on devices of the seeds before it: figures of these are of devices that nobody looked at. */
export const FIRST_UNSEEN_SEED = 21;

/** A fit of a simulated device, held against the truth. */
export interface DeviceFit {
  readonly seed: number;
  /** Null: its cells were of no use, `leftOut` says why. */
  readonly fit: RooflineFit | null;
  readonly recovered: readonly Recovered[];
  /** How long its cells took, on the simulated clock. */
  readonly cellSeconds: number;
  readonly fitSeconds: number;
  readonly leftOut: readonly string[];
}

/** Draws a device and fits it from the steps of a suite's one cell, in virtual time. */
export function recoverFromCell(tomography: Suite, seed: number, effects: readonly EffectName[]): DeviceFit {
  const device = createDevice({ accelerator, card, seed, effects });
  return fitDevice(device, virtualRun(tomography, [device], { ...measuring(seed), steps: true }));
}

/** The suites that a fit from one cell is judged by. */
export interface JudgingSuites {
  /** Its cells are predicted; a fit of them stands beside the one cell's. */
  readonly roofline: Suite;
  /** Cells that neither fit sees, those of the first suite among them left out. */
  readonly unseen: Suite;
}

/** Errors of one fit on cells of its device. */
export interface Predicted {
  readonly roofline: readonly CellError[];
  readonly unseen: readonly CellError[];
}

/** A fit from one cell beside that of a suite of cells on the same device. */
export interface CellResult {
  readonly oneCell: DeviceFit & Predicted;
  /** Of `roofline` it has seen all but those that the suite keeps from fits. */
  readonly suite: DeviceFit & Predicted;
}

/** As `recoverFromCell`, and the device is measured by other suites too. */
export function besideSuite(
  tomography: Suite,
  { roofline, unseen }: JudgingSuites,
  seed: number,
  effects: readonly EffectName[],
): CellResult {
  const device = createDevice({ accelerator, card, seed, effects });
  const oneCell = recoverFromCell(tomography, seed, effects);
  const run = virtualRun(roofline, [device], measuring(seed));
  const suite = fitDevice(device, run);
  const cells = observationsFromRuns([run]).observations;
  const others = observationsFromRuns([virtualRun(unseen, [device], measuring(seed))]).observations;
  const known = new Set(cells.map(shapeName));
  const fresh = [
    ...cells.filter((one) => one.hold_out),
    ...others.filter((one) => !known.has(shapeName(one))),
  ];
  const judged = (one: DeviceFit): DeviceFit & Predicted => {
    const model = one.fit && fittedModel(one.fit);
    const errors = (of: readonly Observation[]): CellError[] => (model ? cellErrors(model, of) : []);
    return { ...one, roofline: errors(cells), unseen: errors(fresh) };
  };
  return { oneCell: judged(oneCell), suite: judged(suite) };
}

const measuring = (seed: number) => ({ seed, stampErrorSeconds: STAMP_ERROR_S });

const shapeName = (one: Observation): string => `${one.input_tokens}/${one.output_tokens} ${one.concurrency}`;

function fitDevice(device: SimulatedDevice, run: RunCells): DeviceFit {
  const started = performance.now();
  const read = observationsFromRuns([run]);
  const observations = read.observations.filter((one) => !one.hold_out);
  const cellSeconds = run.records.reduce((sum, { elapsed_s }) => sum + (elapsed_s ?? 0), 0);
  const known = { seed: device.seed, cellSeconds };
  if (observations.length === 0)
    return { ...known, fit: null, recovered: [], fitSeconds: 0, leftOut: whyLeftOut(read) };
  const fit = fitRoofline({ card, priors, observations }, DEFAULT_FIT_OPTIONS);
  return {
    ...known,
    fit,
    recovered: fit.names.map((name) => recovered(fit, device.parameters, name)),
    fitSeconds: (performance.now() - started) / 1e3,
    leftOut: [],
  };
}

const whyLeftOut = ({ left_out }: RunObservations): string[] => left_out.flatMap(({ reasons }) => reasons);
