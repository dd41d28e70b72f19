import type { Accelerator } from '../accelerator/accelerator.ts';
import { BASELINE_FORMS } from '../fit/baselines/forms.ts';
import { baselinesBesideFit } from '../fit/baselines/score.ts';
import type { FitOptions, FittedTerm, RooflineFit } from '../fit/fit-roofline.ts';
import type { RunObservations } from '../fit/from-runs.ts';
import { adviceFor, confoundedPairs, estimateOf } from '../fit/identifiability.ts';
import type { Observation } from '../fit/observations.ts';
import { EDGE_NAMES, meansOf } from '../fit/problem.ts';
import type { Validation } from '../fit/validate.ts';
import type { ModelCard } from '../model/card.ts';
import { NO_EDGES } from '../roofline/closed-form.ts';
import {
  PARAMETER_NAMES,
  PARAMETER_UNITS,
  type ParameterName,
  PNORM_EXPONENT,
} from '../roofline/parameters.ts';
import { EFFICIENCY_NAMES, type EfficiencyName, type Priors, specPeak } from '../roofline/priors.ts';
import { median } from '../stats/sorted.ts';
import type { Protocol } from '../suite/schema.ts';
import { examplesFor } from './examples.ts';
import { FIT_SCHEMA_VERSION, type Fit, type FitParameter, MODEL_FORM } from './schema.ts';

export interface FitFileInput {
  readonly data: RunObservations;
  readonly priors: Priors;
  readonly fit: RooflineFit;
  readonly validation: Validation;
  readonly options: FitOptions;
  readonly protocol: Protocol;
  readonly runs: Fit['runs'];
  readonly created_at: string;
  readonly tool_version: string;
}

/** A fit file's content, without its digest. */
export function buildFit(input: FitFileInput): Omit<Fit, 'digest'> {
  const { data, priors, fit, validation } = input;
  const { accelerator, card, engine } = data;
  const residuals = fit.terms.map(residualOf);
  const errors = fit.covariance.standardErrors;
  const content = {
    schema_version: FIT_SCHEMA_VERSION,
    kind: 'ridgepoint_fit' as const,
    id: [accelerator.id, card.id, card.precision, engine.name, engine.version ?? 'unknown'].join(' '),
    created_at: input.created_at,
    tool: { name: 'ridgepoint' as const, version: input.tool_version },
    accelerator,
    peaks: { convention: 'dense' as const, link: 'one_direction' as const },
    model_card: card,
    engine,
    targets: data.targets.map((target) => ({
      name: target.name,
      devices: target.devices,
      tensor_parallel: target.tensor_parallel,
      max_num_batched_tokens: target.settings.max_num_batched_tokens.value!,
      max_num_seqs: target.settings.max_num_seqs.value,
      kv_capacity_tokens: target.settings.kv_capacity_tokens.value!,
      kv_cache_dtype: target.settings.kv_cache_dtype,
      prefix_caching: target.settings.prefix_caching,
    })),
    protocol: input.protocol,
    client: { turn_around_s: turnAround(data.observations) },
    runs: input.runs,
    model_form: { ...MODEL_FORM, pnorm_exponent: PNORM_EXPONENT },
    parameters: Object.fromEntries(
      PARAMETER_NAMES.map((name) => [name, parameterOf(name, fit, priors, accelerator, card)]),
    ),
    serving_edges: {
      ttft_wait_steps: {
        value: fit.edges.ttft_wait_steps,
        standard_error: errors[fit.names.length]!,
      },
      decode_wait_steps: {
        value: fit.edges.decode_wait_steps,
        standard_error: errors[fit.names.length + 1]!,
      },
    },
    covariance: {
      names: [...fit.names, ...EDGE_NAMES],
      matrix: fit.covariance.matrix.map((row) => [...row]),
      correlations: fit.covariance.correlations.map((row) => [...row]),
      condition: fit.covariance.condition,
    },
    degrees_of_freedom: fit.degrees_of_freedom,
    noise: fit.noise,
    search: {
      starts: fit.starts,
      agreeing_starts: fit.agreeing_starts,
      converged: fit.converged,
      seed: input.options.seed,
    },
    confounded: confoundedPairs(fit).map((pair) => ({ ...pair, parameters: [...pair.parameters] })),
    validation: {
      ...validation,
      baselines: baselinesInSample(data, fit),
    },
    range: rangeOf(data.observations),
    residuals,
    outliers: residuals.filter(({ weight }) => weight < OUTLIER_WEIGHT),
    left_out: data.left_out.map((cell) => ({ ...cell, reasons: [...cell.reasons] })),
    examples: [],
    provenance: { notes: accelerator.notes === '' ? [] : [accelerator.notes] },
  } as unknown as Omit<Fit, 'digest'>;
  return { ...content, examples: examplesFor(content) };
}

/** Simpler models on the cells that the fit saw, trained on these as the fit was. */
function baselinesInSample({ accelerator, card, observations }: RunObservations, fit: RooflineFit) {
  const seen = observations.filter((one) => !one.hold_out);
  return baselinesBesideFit(
    BASELINE_FORMS,
    [{ training: seen, testing: seen }],
    {
      accelerator,
      card,
      serve: (parameters, one) => meansOf(card, { parameters, edges: NO_EDGES }, one),
    },
    (one, metric) => {
      const term = fit.terms.find((each) => each.observation === one && each.metric === metric);
      return term ? Math.expm1(term.residual) * 100 : null;
    },
  );
}

/** Huber's weight of a residual three standard deviations out. */
const OUTLIER_WEIGHT = 2 / 3;

function residualOf(term: FittedTerm): Fit['residuals'][number] {
  const { observation: one, metric } = term;
  return {
    target: one.target,
    input_tokens: one.input_tokens,
    output_tokens: one.output_tokens,
    concurrency: one.concurrency,
    metric: metric === 'ttft' ? 'ttft_ms' : 'tpot_ms',
    measured: one[metric]!.seconds * 1e3,
    log_residual: term.residual,
    log_sd: term.sd,
    weight: term.weight,
  };
}

function parameterOf(
  name: ParameterName,
  fit: RooflineFit,
  priors: Priors,
  accelerator: Accelerator,
  card: ModelCard,
): FitParameter {
  const estimate = estimateOf(fit, priors, name);
  const spec = EFFICIENCY_NAMES.includes(name as EfficiencyName)
    ? specPeak(name as EfficiencyName, accelerator, card)
    : null;
  const share = spec && estimate.value / spec.value;
  return {
    value: estimate.value,
    unit: PARAMETER_UNITS[name],
    standard_error: estimate.standard_error,
    interval_90: estimate.interval_90 && [...estimate.interval_90],
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

function turnAround(observations: readonly Observation[]): number | null {
  const known = observations.flatMap(({ turn_around_s }) => (turn_around_s === null ? [] : [turn_around_s]));
  return median(known);
}

function rangeOf(observations: readonly Observation[]): Fit['range'] {
  const hull = (read: (one: Observation) => number): [number, number] => {
    const values = observations.filter((one) => !one.hold_out).map(read);
    return [Math.min(...values), Math.max(...values)];
  };
  const sizes = observations.map((one) => one.engine.tensorParallel);
  return {
    input_tokens: hull((one) => one.input_tokens),
    output_tokens: hull((one) => one.output_tokens),
    concurrency: hull((one) => one.concurrency),
    tensor_parallel: [...new Set(sizes)].sort((a, b) => a - b),
  };
}
