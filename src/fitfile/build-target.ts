import type { DatasetFit } from '../fit/fit-dataset.ts';
import type { RunObservations } from '../fit/from-runs.ts';
import { type Observation, shapeOf } from '../fit/observations.ts';
import { servedWith } from '../roofline/serving.ts';
import type { RunTarget } from '../run/schema.ts';
import { median } from '../stats/sorted.ts';
import type { Fit } from './schema.ts';

/** A target as the fit took it: what its record does not state is what was inferred. */
export function targetOf(
  target: RunTarget,
  data: RunObservations,
  { answered }: DatasetFit,
): Fit['targets'][number] {
  const cell = data.observations.findIndex((one) => one.target === target.name);
  const seen = answered.observations.find((one) => one.target === target.name);
  const engine = (seen ?? data.observations[cell] ?? answered.observations[0]!).engine;
  return {
    name: target.name,
    devices: target.devices,
    tensor_parallel: target.tensor_parallel,
    max_num_batched_tokens: usualBudget(target, answered.observations) ?? engine.maxNumBatchedTokens,
    ...(target.budget_margin_tokens !== undefined && { budget_margin_tokens: target.budget_margin_tokens }),
    ...(engine.wholePrompts && { whole_prompts: true }),
    max_num_seqs: target.settings.max_num_seqs.value,
    ...(engine.seatMargin !== undefined && { seat_margin: engine.seatMargin }),
    ...(engine.plansAhead && { plans_ahead: true }),
    kv_capacity_tokens: engine.kvCapacityTokens,
    kv_cache_dtype: target.settings.kv_cache_dtype,
    admission: engine.admission ?? 'on_demand',
    driving: (seen ?? data.observations[0]!).driving,
    prefix_caching: target.settings.prefix_caching,
  } as Fit['targets'][number];
}

/** Of servers that were set up for each shape, the one in the middle; null: one server has one budget. */
const usualBudget = ({ name }: RunTarget, observations: readonly Observation[]): number | null =>
  median(
    observations
      .filter(({ target, engine }) => target === name && engine.budgetMarginTokens !== undefined)
      .map((one) => servedWith(one.engine, shapeOf(one)).maxNumBatchedTokens),
  );
