import type { ServingModel } from '../fit/cell-model.ts';
import type { Dataset } from '../fit/dataset.ts';
import type { Observation } from '../fit/observations.ts';
import { fitPower, type PowerFit } from '../fit/power/fit-power.ts';
import { measuredIdle, type PoweredCell, poweredCells } from '../fit/power/from-observations.ts';
import {
  POWER_PARAMETER_NAMES,
  POWER_PARAMETER_UNITS,
  type PowerParameterName,
  type PowerPriors,
  powerPriors,
} from '../fit/power/parameters.ts';
import { validatePower } from '../fit/power/validate-power.ts';
import type { RunTarget } from '../run/schema.ts';
import { unknownLengths } from './build-lengths.ts';
import type { PowerSection } from './power-schema.ts';

/** Fewer powers say nothing that a mean would not. */
export const FEWEST_POWERS = 4;
/** Half-width of a normal's 90 % interval. */
const HALF_WIDTH_90 = 1.645;
/** Above this share of the prior's width the cells say next to nothing. */
const DOMINATED_FROM = 0.8;
const CONFOUNDED_FROM = 0.95;

/** The power section of a fit file; null where too few cells measured power. */
export function powerSection(
  { accelerator, card }: Pick<Dataset, 'accelerator' | 'card'>,
  observations: readonly Observation[],
  model: ServingModel,
  targets: readonly RunTarget[],
): PowerSection | null {
  const cells = poweredCells(card, model, observations);
  if (cells.length < FEWEST_POWERS) return null;
  const idle = measuredIdle(observations);
  const priors = powerPriors(accelerator, card, idle);
  const problem = { priors, limit_w: powerLimit(targets, accelerator) };
  const fit = fitPower({ ...problem, observations: cells.map(({ measured }) => measured) });
  const { in_sample, blocked, interval_factor } = validatePower(cells, fit, problem);
  return {
    parameters: parametersOf(fit, priors),
    covariance: { names: [...fit.names], matrix: fit.covariance.matrix.map((row) => [...row]) },
    confounded: confoundedIn(fit),
    ...unknownLengths(observations, (scaled) =>
      fitPower({
        ...problem,
        observations: poweredCells(card, model, scaled).map(({ measured }) => measured),
      }),
    ),
    misfit: fit.misfit,
    interval_factor,
    limit_w: problem.limit_w,
    measured_idle_power_w: idle,
    sources: sourcesOf(targets),
    validation: {
      in_sample,
      blocked: blocked.map((one) => ({
        ...one,
        refused: [...one.refused],
        baselines: [...one.baselines],
      })),
    },
    residuals: cells.map((cell, i) => residualOf(cell, fit.residuals[i]!, fit.weights[i]!)),
  };
}

/** Of one device, W: the limit that was in force, else the data sheet's; null: neither is known. */
export const powerLimit = (
  targets: readonly Pick<RunTarget, 'power'>[],
  { tdp_w }: Pick<Dataset['accelerator'], 'tdp_w'>,
): number | null => recordedLimit(targets) ?? tdp_w;

/** The power limit that was in force, W of one device; null where none was recorded, or they differ between devices. */
export function recordedLimit(targets: readonly Pick<RunTarget, 'power'>[]): number | null {
  const limits = new Set(targets.flatMap(({ power }) => power?.limits_w ?? (power ? [null] : [])));
  const [only = null] = limits;
  return limits.size === 1 ? only : null;
}

function parametersOf(fit: PowerFit, priors: PowerPriors): PowerSection['parameters'] {
  const parameter = (name: PowerParameterName): PowerSection['parameters'][PowerParameterName] => {
    const value = fit.parameters[name];
    const column = fit.names.indexOf(name);
    const error = column < 0 ? null : fit.covariance.standardErrors[column]!;
    const spread = error === null ? null : Math.exp(HALF_WIDTH_90 * error);
    return {
      value,
      unit: POWER_PARAMETER_UNITS[name],
      log_standard_error: error,
      interval_90: spread === null ? null : [value / spread, value * spread],
      prior: { ...priors[name] },
      prior_dominated: error !== null && error > DOMINATED_FROM * priors[name].log_sd,
      not_in_data: column < 0,
    };
  };
  return Object.fromEntries(
    POWER_PARAMETER_NAMES.map((name) => [name, parameter(name)]),
  ) as PowerSection['parameters'];
}

const confoundedIn = ({ names, covariance }: PowerFit): PowerSection['confounded'] =>
  names.flatMap((a, i) =>
    names.slice(i + 1).flatMap((b, k) => {
      const correlation = covariance.correlations[i]![i + 1 + k]!;
      return Math.abs(correlation) < CONFOUNDED_FROM ? [] : [{ parameters: [a, b] as const, correlation }];
    }),
  ) as PowerSection['confounded'];

const sourcesOf = (targets: readonly RunTarget[]): PowerSection['sources'] => [
  ...new Map(
    targets.flatMap(({ power }) =>
      power
        ? [[power.source, { source: power.source, scope: power.scope, averaging: power.averaging }] as const]
        : [],
    ),
  ).values(),
];

const residualOf = (
  { cell }: PoweredCell,
  log_residual: number,
  weight: number,
): PowerSection['residuals'][number] => ({
  target: cell.target,
  input_tokens: cell.input_tokens,
  output_tokens: cell.output_tokens,
  concurrency: cell.concurrency,
  measured_w: cell.power!.power_w,
  log_residual,
  weight,
});
