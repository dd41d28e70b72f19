import type { Accelerator } from '../accelerator/accelerator.ts';
import type { Bootstrap } from '../fit/bootstrap.ts';
import { DRAFT_PRIORS } from '../fit/draft-columns.ts';
import type { RooflineFit } from '../fit/fit-roofline.ts';
import type { RunObservations } from '../fit/from-runs.ts';
import {
  adviceFor,
  draftColumn,
  draftEstimate,
  estimateOf,
  type ParameterEstimate,
} from '../fit/identifiability.ts';
import type { ModelCard } from '../model/card.ts';
import { PARAMETER_NAMES, PARAMETER_UNITS, type ParameterName } from '../roofline/parameters.ts';
import { EFFICIENCY_NAMES, type EfficiencyName, type Prior, specPeak } from '../roofline/priors.ts';
import type { RunTarget } from '../run/schema.ts';
import type { DraftSection } from './draft-schema.ts';
import type { Fit, FitParameter } from './schema.ts';

/** Every parameter of a fit with what is known about it. */
export const parametersOf = (
  fit: RooflineFit,
  bootstrap: Bootstrap | null,
  accelerator: Accelerator,
  card: ModelCard,
): Fit['parameters'] =>
  Object.fromEntries(
    PARAMETER_NAMES.map((name) => [name, parameterOf(name, fit, bootstrap, accelerator, card)]),
  );

/** What proposing tokens costs, where cells tell it. */
export function draftSection(
  fit: RooflineFit,
  bootstrap: Bootstrap | null,
  { observations, targets }: Pick<RunObservations, 'observations' | 'targets'>,
): { readonly draft?: DraftSection } {
  const seen = observations.flatMap(({ engine }) => (engine.speculation ? [engine.speculation] : []));
  if (fit.drafts.length === 0 || seen.length === 0) return {};
  const hull = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)];
  const parameters = fit.drafts.map((name) => {
    const known = describedBy(
      bootstrap,
      draftColumn(fit, name),
      draftEstimate(fit, name),
      DRAFT_PRIORS[name],
    );
    return [name, { ...known, efficiency: null }];
  });
  return {
    draft: {
      draft_tokens: hull(seen.map(({ draftTokens }) => draftTokens)),
      acceptance: hull(seen.map(({ acceptance }) => acceptance)),
      ...proposersOf(targets),
      plain_cells: observations.length - seen.length,
      parameters: Object.fromEntries(parameters) as DraftSection['parameters'],
    },
  };
}

/** What servers say of how they propose, each once; where a model lies on their disk is left out. */
function proposersOf(targets: readonly RunTarget[]): Pick<DraftSection, 'proposers'> {
  const said = targets.flatMap(({ proposer }) => {
    if (!proposer) return [];
    const { method, model, draft_tokens } = proposer;
    return [
      { method, model: model?.startsWith('/') ? (model.split('/').at(-1) ?? null) : model, draft_tokens },
    ];
  });
  const each = new Map(said.map((one) => [JSON.stringify(one), one]));
  return each.size === 0 ? {} : { proposers: [...each.values()] };
}

type Interval = readonly [number, number];

function bootstrapInterval(
  value: number,
  bootstrap: Bootstrap | null,
  column: number,
): [number, number] | null {
  const logs = bootstrap?.intervals[column];
  return logs ? [value * Math.exp(logs[0]), value * Math.exp(logs[1])] : null;
}

/**
 * Each misses something: the covariance cells that go together, the bootstrap clusters that were never drawn. Neither knows
 * the physical bounds.
 */
function widerWithin({ lower, upper }: Prior, one: Interval, other: Interval | null): [number, number] {
  const [low, high] = other ? [Math.min(one[0], other[0]), Math.max(one[1], other[1])] : one;
  return [Math.max(lower, low), Math.min(upper, high)];
}

function parameterOf(
  name: ParameterName,
  fit: RooflineFit,
  bootstrap: Bootstrap | null,
  accelerator: Accelerator,
  card: ModelCard,
): FitParameter {
  const priors = fit.solution.problem.input.priors;
  const estimate = estimateOf(fit, priors, name);
  const spec = EFFICIENCY_NAMES.includes(name as EfficiencyName)
    ? specPeak(name as EfficiencyName, accelerator, card)
    : null;
  const share = spec && estimate.value / spec.value;
  return {
    ...describedBy(bootstrap, fit.names.indexOf(name), estimate, priors[name]),
    efficiency:
      spec && share !== null
        ? { value: share, of: spec.value, published: spec.published, above_one: share > 1 }
        : null,
  };
}

/** @param column of the covariance and the bootstrap; -1: not fitted */
function describedBy(
  bootstrap: Bootstrap | null,
  column: number,
  { name, value, state, standard_error, interval_90 }: ParameterEstimate,
  prior: Prior,
): Omit<FitParameter, 'efficiency'> {
  const resampled = interval_90 && bootstrapInterval(value, bootstrap, column);
  return {
    value,
    unit: PARAMETER_UNITS[name],
    standard_error,
    interval_90: interval_90 && widerWithin(prior, interval_90, resampled),
    bootstrap_90: resampled,
    prior: { ...prior },
    at_bound: state === 'at_bound',
    prior_dominated: state === 'prior_dominated',
    not_in_data: state === 'not_in_data',
    advice: state === 'identified' ? null : adviceFor(name),
  };
}
