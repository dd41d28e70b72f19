import { median } from '../../stats/sorted.ts';
import type { Dataset } from '../dataset.ts';
import { type Observation, shapeOf } from '../observations.ts';
import { type FittedModel, predictMeans } from '../predictive.ts';
import { formTails } from './form-tails.ts';
import { missesOf } from './learn-misses.ts';
import { learnStart } from './learn-start.ts';
import { learnTraits, type TraitsFound } from './learn-traits.ts';
import { startOf, type TailModel, tailEngine } from './tail-model.ts';
import { type TailCell, TailRuns } from './tail-runs.ts';

/** Budgets that engines are given, where nothing is stated. */
const BUDGETS: readonly number[] = [2048, 4096, 8192, 16_384];
/** Another budget than the fit's has to explain gaps so much better. */
const WORTH_LEAVING = 0.9;

/**
 * What the tails of cells show of an engine that was fitted to their means: the spread of its steps, what prompts add to them,
 * the token budget where nobody states it, how bursts began, and how far percentiles are off then. The parameters stay.
 * @param model fitted to the same cells
 * @returns null where no cell has percentiles
 */
export function learnTails(model: FittedModel, { observations, unknown }: Dataset): TailModel | null {
  const measured = observations.filter(({ tails }) => tails !== undefined && Object.keys(tails).length > 0);
  if (measured.length === 0) return null;
  const found = bestBudget(model, measured, unknown.includes('max_num_batched_tokens'));
  const { cells, traits, max_num_batched_tokens } = found;
  const start = learnStart(cells, traits);
  const bare = { traits, max_num_batched_tokens, start };
  const predicted = cells.map(({ observation, runs }) => ({
    observation,
    tails: runs.tails(traits, startOf(bare, observation.input_tokens)),
  }));
  const formed = measured.flatMap((observation) => {
    const tails = formTails(model, bare, observation.engine, shapeOf(observation));
    return tails ? [{ observation, tails: tails.central }] : [];
  });
  return { ...bare, misses: missesOf(predicted), closed_form_misses: missesOf(formed) };
}

interface Budgeted extends TraitsFound {
  readonly max_num_batched_tokens: number | null;
  readonly cells: readonly TailCell[];
}

function bestBudget(model: FittedModel, measured: readonly Observation[], isOpen: boolean): Budgeted {
  const tpot = measured.map((one) => predictMeans(model, one.engine, shapeOf(one)).means.tpotSeconds);
  const at = (max_num_batched_tokens: number | null): Budgeted => {
    const cells = measured.flatMap((observation, i): TailCell[] => {
      const engine = tailEngine({ max_num_batched_tokens }, observation.engine);
      const runs = TailRuns.of(model, engine, shapeOf(observation), tpot[i]!);
      return runs ? [{ observation, runs }] : [];
    });
    return { ...learnTraits(cells), max_num_batched_tokens, cells };
  };
  const own = at(null);
  const hasGaps = measured.some(({ tails }) => tails?.tbt_p99_ms !== undefined);
  if (!isOpen || !hasGaps) return own;
  const usual = median(measured.map(({ engine }) => engine.maxNumBatchedTokens));
  const others = BUDGETS.filter((budget) => budget !== usual).map(at);
  return others.reduce(
    (best, one) => (one.loss < (best === own ? WORTH_LEAVING : 1) * best.loss ? one : best),
    own,
  );
}
