import type { CellError } from '../../src/fit/errors.ts';
import { errorsOn, fitDataset } from '../../src/fit/fit-dataset.ts';
import { observationsFromRuns, type RunCells } from '../../src/fit/from-runs.ts';
import { draftEstimate } from '../../src/fit/identifiability.ts';
import { DRAFT_NAMES, type DraftName, type RooflineParameters } from '../../src/roofline/parameters.ts';
import type { Speculation } from '../../src/roofline/speculation.ts';
import { createDevice } from '../../src/simulate/device.ts';
import type { EffectName } from '../../src/simulate/effects.ts';
import { createRandom } from '../../src/stats/random.ts';
import type { Suite } from '../../src/suite/schema.ts';
import { accelerator, card, drawTruth, STAMP_ERROR_S } from './one-seed.ts';
import { virtualRun } from './virtual-run.ts';

/** Costs of a proposal that are drawn, s: n-grams to a model of some layers. */
const COSTS: Readonly<Record<DraftName, readonly [number, number]>> = {
  draft_pass_s: [3e-5, 3e-3],
  draft_sequence_s: [3e-7, 3e-5],
};

/** What a fit of a device made of its draft, and of cells that it did not see. */
export interface SpeculativeResult {
  readonly drafts: readonly {
    readonly name: DraftName;
    readonly known: boolean;
    readonly ratio: number;
    readonly inside: boolean;
  }[];
  /** Cells with a number of proposed tokens that the fit never saw. */
  readonly speculative: readonly CellError[];
  /** Cells of cached prompts, of which the fit saw none. */
  readonly cached: readonly CellError[];
}

/**
 * Draws a truth, measures it without speculation (`suites.plain`) and with two and five proposed tokens (`suites.speculative`) in
 * virtual time, fits, and predicts cells with four of them and cells of cached prompts (`suites.cached`).
 */
export function recoverSpeculative(
  suites: { readonly plain: Suite; readonly speculative: Suite; readonly cached: Suite },
  seed: number,
  effects: readonly EffectName[],
): SpeculativeResult {
  const random = createRandom(1000 + seed);
  const costs = Object.fromEntries(
    DRAFT_NAMES.map((name) => {
      const [low, high] = COSTS[name];
      return [name, low * (high / low) ** random.uniform()];
    }),
  ) as Record<DraftName, number>;
  const parameters: RooflineParameters = { ...drawTruth(seed), ...costs };
  const measure = (suite: Suite, speculation?: Speculation): RunCells =>
    virtualRun(suite, [createDevice({ accelerator, card, parameters, seed, effects, speculation })], {
      seed: seed + 100 * (speculation?.draftTokens ?? 0),
      stampErrorSeconds: STAMP_ERROR_S,
    });
  const read = observationsFromRuns([
    measure(suites.plain),
    measure(suites.speculative, { draftTokens: 2, acceptance: 0.7 }),
    measure(suites.speculative, { draftTokens: 5, acceptance: 0.5 }),
  ]);
  const seen = { ...read, observations: read.observations.filter((one) => !one.hold_out) };
  const fit = fitDataset(seen, { seed: 1, starts: 9, predictor: 'scheduler' });
  const errorsOf = (run: RunCells): CellError[] =>
    errorsOn(fit, observationsFromRuns([run]).observations, 'scheduler');
  return {
    drafts: DRAFT_NAMES.map((name) => {
      const { value, interval_90, state } = draftEstimate(fit.fit, name);
      const [low, high] = interval_90 ?? [Number.NaN, Number.NaN];
      return {
        name,
        known: state === 'identified',
        ratio: value / costs[name],
        inside: costs[name] >= low && costs[name] <= high,
      };
    }),
    speculative: errorsOf(measure(suites.speculative, { draftTokens: 4, acceptance: 0.6 })),
    cached: errorsOf({ ...measure(suites.cached) }),
  };
}
