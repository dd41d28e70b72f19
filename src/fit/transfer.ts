import type { Accelerator } from '../accelerator/accelerator.ts';
import type { ModelCard } from '../model/card.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import {
  EFFICIENCY_NAMES,
  type EfficiencyName,
  type Priors,
  parameterPriors,
  specPeak,
} from '../roofline/priors.ts';
import type { FittedModel } from './predictive.ts';
import { EDGE_NAMES } from './problem.ts';
import { modelDifferences } from './same-model.ts';

/** A model on a device; the card is bound to the accelerator. */
export interface Served {
  readonly accelerator: Accelerator;
  readonly card: ModelCard;
}

type Spread = Readonly<Record<ParameterName, number>>;

/**
 * Standard deviation of the log of a parameter between devices, relative to their spec sheets, as fits of one model on several
 * devices show it. Overheads belong to host and engine, the request's most of all.
 */
const BETWEEN_DEVICES: Spread = {
  gemm_flop_per_s: 0.25,
  expert_flop_per_s: 0.4,
  memory_bytes_per_s: 0.1,
  attention_flop_per_s: 0.6,
  step_overhead_s: 0.2,
  sequence_overhead_s: 0.3,
  request_overhead_s: 0.8,
  all_reduce_latency_s: 0.8,
  link_bytes_per_s: 0.5,
};

/** The same between models, or precisions of one, on one device. */
const BETWEEN_MODELS: Spread = {
  gemm_flop_per_s: 0.2,
  expert_flop_per_s: 0.4,
  memory_bytes_per_s: 0.1,
  attention_flop_per_s: 0.5,
  step_overhead_s: 0.3,
  sequence_overhead_s: 0.3,
  request_overhead_s: 0.5,
  all_reduce_latency_s: 0.3,
  link_bytes_per_s: 0.3,
};

/**
 * A fit carried to another device, model or precision without a measurement there: what a spec sheet states keeps its
 * efficiency, times keep their seconds, serving edges and the predictors' misfit stay. Parameters that the fit never saw (links
 * of a single device, experts of a dense model) come from the catalogue of `to`. The covariance gains what such a move costs.
 * @param from what the model was fitted on; only the ratio of its peaks to those of `to` counts
 * @returns a model whose covariance is over all parameters
 */
export function transferModel(model: FittedModel, from: Served, to: Served): FittedModel {
  const priors = parameterPriors(to.accelerator, to.card);
  const known = new Set(model.names);
  const entries = PARAMETER_NAMES.map((name) => [
    name,
    known.has(name) ? model.parameters[name] * peakRatio(name, from, to) : priors[name].centre,
  ]);
  return {
    ...model,
    card: to.card,
    parameters: Object.fromEntries(entries) as RooflineParameters,
    names: PARAMETER_NAMES,
    covariance: widened(model, priors, spreadOf(from, to)),
  };
}

const isEfficiency = (name: ParameterName): name is EfficiencyName =>
  (EFFICIENCY_NAMES as readonly ParameterName[]).includes(name);

/** 1 for times, and where a spec sheet is silent. */
function peakRatio(name: ParameterName, from: Served, to: Served): number {
  if (!isEfficiency(name)) return 1;
  const before = specPeak(name, from.accelerator, from.card);
  const after = specPeak(name, to.accelerator, to.card);
  return before && after ? after.value / before.value : 1;
}

/** Log standard deviations that the move adds. */
function spreadOf(from: Served, to: Served): Spread {
  const device = from.accelerator.id !== to.accelerator.id;
  const model = modelDifferences(from.card, to.card).length > 0;
  const entries = PARAMETER_NAMES.map((name) => [
    name,
    Math.hypot(device ? BETWEEN_DEVICES[name] : 0, model ? BETWEEN_MODELS[name] : 0),
  ]);
  return Object.fromEntries(entries) as Spread;
}

/** The covariance over all parameters and the edges; what was not fitted is as uncertain as its prior. */
function widened({ names, covariance }: FittedModel, priors: Priors, spread: Spread): number[][] {
  const place = (column: number): number => {
    const name = PARAMETER_NAMES[column];
    if (name === undefined) return names.length + column - PARAMETER_NAMES.length;
    return names.indexOf(name);
  };
  const size = PARAMETER_NAMES.length + EDGE_NAMES.length;
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (__, column) => {
      const [i, j] = [place(row), place(column)];
      const name = PARAMETER_NAMES[row];
      if (i < 0 || j < 0) return row === column && name !== undefined ? priors[name].log_sd ** 2 : 0;
      const own = covariance[i]![j]!;
      return row === column && name !== undefined ? own + spread[name] ** 2 : own;
    }),
  );
}

/** Wider than this a prior says nothing. */
const WIDEST_LOG_SD = 2;
/** Room that bounds leave around a centre that lies at or beyond them. */
const ROOM = 1.5;

/**
 * Priors for a fit of few cells out of a model carried there: its values, as sure as its covariance is of each.
 * @param base bounds, and spread of what the model does not know
 */
export function priorsOf(
  model: Pick<FittedModel, 'parameters' | 'names' | 'covariance'>,
  base: Priors,
): Priors {
  const entries = PARAMETER_NAMES.map((name) => {
    const centre = model.parameters[name];
    const column = model.names.indexOf(name);
    const log_sd = column < 0 ? base[name].log_sd : Math.sqrt(model.covariance[column]![column]!);
    const { lower, upper } = base[name];
    return [
      name,
      {
        centre,
        log_sd: Math.min(WIDEST_LOG_SD, log_sd),
        lower: Math.min(lower, centre / ROOM),
        upper: Math.max(upper, centre * ROOM),
      },
    ];
  });
  return Object.fromEntries(entries) as Priors;
}
