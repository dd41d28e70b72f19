import type { Accelerator } from '../accelerator/accelerator.ts';
import type { Bootstrap } from '../fit/bootstrap.ts';
import type { RooflineFit } from '../fit/fit-roofline.ts';
import { adviceFor, estimateOf } from '../fit/identifiability.ts';
import type { ModelCard } from '../model/card.ts';
import { PARAMETER_NAMES, PARAMETER_UNITS, type ParameterName } from '../roofline/parameters.ts';
import { EFFICIENCY_NAMES, type EfficiencyName, type Prior, specPeak } from '../roofline/priors.ts';
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
  const resampled =
    estimate.interval_90 && bootstrapInterval(estimate.value, bootstrap, fit.names.indexOf(name));
  const spec = EFFICIENCY_NAMES.includes(name as EfficiencyName)
    ? specPeak(name as EfficiencyName, accelerator, card)
    : null;
  const share = spec && estimate.value / spec.value;
  return {
    value: estimate.value,
    unit: PARAMETER_UNITS[name],
    standard_error: estimate.standard_error,
    interval_90: estimate.interval_90 && widerWithin(priors[name], estimate.interval_90, resampled),
    bootstrap_90: resampled,
    prior: { ...priors[name] },
    at_bound: estimate.state === 'at_bound',
    prior_dominated: estimate.state === 'prior_dominated',
    not_in_data: estimate.state === 'not_in_data',
    efficiency:
      spec && share !== null
        ? { value: share, of: spec.value, published: spec.published, above_one: share > 1 }
        : null,
    advice: estimate.state === 'identified' ? null : adviceFor(name),
  };
}
