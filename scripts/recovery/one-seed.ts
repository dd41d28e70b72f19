import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { bindCard } from '../../src/accelerator/peaks.ts';
import { type CellError, cellErrors } from '../../src/fit/errors.ts';
import { fittedModel } from '../../src/fit/fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS, fitRoofline, type RooflineFit } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { estimateOf, type ParameterState } from '../../src/fit/identifiability.ts';
import { builtInCard } from '../../src/model/cards.ts';
import {
  PARAMETER_NAMES,
  type ParameterName,
  type RooflineParameters,
} from '../../src/roofline/parameters.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';
import { createDevice } from '../../src/simulate/device.ts';
import type { EffectName } from '../../src/simulate/effects.ts';
import { createRandom } from '../../src/stats/random.ts';
import type { Suite } from '../../src/suite/schema.ts';
import { virtualRun } from './virtual-run.ts';

export const accelerator = findAccelerator('h100-sxm');
export const card = bindCard(builtInCard('llama-3.1-8b')!, accelerator);
export const priors = parameterPriors(accelerator, card);
const TENSOR_PARALLEL = [1, 2];
/** Error of a calibrated client's stamps: nothing measured is exact, and an interval needs noise to be judged by. */
export const STAMP_ERROR_S = 0.2e-3;

/** How one parameter came back. */
export interface Recovered {
  readonly name: ParameterName;
  readonly state: ParameterState;
  /** Estimate over truth. */
  readonly ratio: number;
  /** Distance of the truth from the prior's centre, in prior standard deviations. */
  readonly distance: number;
  readonly inside: boolean;
  /** Width of the 90 % interval over that of the prior, on the log scale. */
  readonly width: number;
}

export interface SeedResult {
  readonly seed: number;
  readonly recovered: readonly Recovered[];
  readonly holdOut: readonly CellError[];
  readonly factors: { readonly ttft: number; readonly tpot: number };
  readonly misfit: RooflineFit['noise']['misfit'];
  /** Cells that their verdict keeps from the fit. */
  readonly leftOut: readonly string[];
  readonly seconds: number;
}

/** The draws of the others do not depend on those that a dense model has no use for. */
const PARAMETERS_DRAWN: readonly ParameterName[] = [
  ...PARAMETER_NAMES.filter((name) => name !== 'expert_flop_per_s'),
  'expert_flop_per_s',
];

/** A truth drawn log-uniformly between the bounds of every parameter. */
export function drawTruth(seed: number): RooflineParameters {
  const random = createRandom(seed);
  return Object.fromEntries(
    PARAMETERS_DRAWN.map((name) => {
      const { lower, upper } = priors[name];
      return [name, lower * (upper / lower) ** random.uniform()];
    }),
  ) as unknown as RooflineParameters;
}

/** Draws a truth, measures the suite on TP 1 and 2 in virtual time, fits, and compares. */
export function recoverSeed(suite: Suite, seed: number, effects: readonly EffectName[]): SeedResult {
  const started = performance.now();
  const truth = drawTruth(seed);
  const devices = TENSOR_PARALLEL.map((tensorParallel) =>
    createDevice({ accelerator, card, tensorParallel, parameters: truth, seed, effects }),
  );
  const run = virtualRun(suite, devices, { seed, stampErrorSeconds: STAMP_ERROR_S });
  const { observations, left_out } = observationsFromRuns([run]);
  const input = { card, priors, observations: observations.filter((one) => !one.hold_out) };
  const fit = fitRoofline(input, DEFAULT_FIT_OPTIONS);
  const held = observations.filter((one) => one.hold_out);
  return {
    seed,
    recovered: fit.names.map((name) => recovered(fit, truth, name)),
    holdOut: cellErrors(fittedModel(fit), held),
    leftOut: left_out.map(
      (cell) =>
        `${cell.target} ${cell.input_tokens}/${cell.output_tokens} C ${cell.concurrency}: ${cell.reasons.join(' ')}`,
    ),
    misfit: fit.noise.misfit,
    factors: fittedModel(fit).predictors.scheduler.interval_factors,
    seconds: (performance.now() - started) / 1e3,
  };
}

/** 90 % of a normal distribution lie within so many standard deviations. */
const NORMAL_90 = 1.6449;

export function recovered(fit: RooflineFit, truth: RooflineParameters, name: ParameterName): Recovered {
  const estimate = estimateOf(fit, priors, name);
  const { centre, log_sd } = priors[name];
  const [low, high] = estimate.interval_90 ?? [Number.NaN, Number.NaN];
  return {
    name,
    state: estimate.state,
    ratio: estimate.value / truth[name],
    distance: Math.abs(Math.log(truth[name] / centre)) / log_sd,
    inside: truth[name] >= low && truth[name] <= high,
    width: Math.log(high / low) / (2 * NORMAL_90 * log_sd),
  };
}
