import type { Bootstrap } from '../fit/bootstrap.ts';
import type { DatasetFit } from '../fit/fit-dataset.ts';
import type { FitOptions, FittedTerm } from '../fit/fit-roofline.ts';
import type { RunObservations } from '../fit/from-runs.ts';
import { confoundedPairs } from '../fit/identifiability.ts';
import type { LatencyMetric, Observation } from '../fit/observations.ts';
import { EDGE_NAMES } from '../fit/problem.ts';
import { huberWeight } from '../fit/robust.ts';
import type { Validation } from '../fit/validate.ts';
import { PNORM_EXPONENT } from '../roofline/parameters.ts';
import { median } from '../stats/sorted.ts';
import type { Protocol } from '../suite/schema.ts';
import { paddingQuestion, paddingSection } from './build-padding.ts';
import { draftSection, parametersOf } from './build-parameters.ts';
import { powerSection } from './build-power.ts';
import { rangeOf } from './build-range.ts';
import { sourcesOf } from './build-sources.ts';
import { tailsOf } from './build-tails.ts';
import { targetOf } from './build-target.ts';
import { type CellRule, type CellRules, ruleText } from './cell-rules.ts';
import { type DevicePrior, priorSection } from './device-prior.ts';
import { examplesFor } from './examples.ts';
import { fitId } from './fit-id.ts';
import { powerExamples } from './power-examples.ts';
import { FIT_SCHEMA_VERSION, type Fit, MODEL_FORM } from './schema.ts';

export interface FitFileInput {
  /** Cells as measured, those kept from the fit among them. */
  readonly data: RunObservations;
  readonly fitted: DatasetFit;
  readonly bootstrap: Bootstrap | null;
  readonly validation: Validation;
  readonly options: FitOptions;
  /** Null: the catalogue's. */
  readonly prior?: DevicePrior | null;
  readonly rules: Required<CellRules>;
  readonly protocol: Protocol;
  readonly runs: Fit['runs'];
  readonly created_at: string;
  readonly tool_version: string;
}

/** A fit file's content, without its digest. */
export function buildFit(input: FitFileInput): Omit<Fit, 'digest'> {
  const { data, fitted, bootstrap, validation, options } = input;
  const { fit, answered, choices, model } = fitted;
  const { accelerator, card } = answered;
  const { engine } = data;
  const residuals = fit.terms.filter(({ source }) => !source).map(residualOf);
  const errors = fit.covariance.standardErrors;
  const content = {
    schema_version: FIT_SCHEMA_VERSION,
    kind: 'ridgepoint_fit' as const,
    id: fitId({ accelerator, card, engine }),
    created_at: input.created_at,
    tool: { name: 'ridgepoint' as const, version: input.tool_version },
    accelerator,
    peaks: { convention: 'dense' as const, link: 'one_direction' as const },
    model_card: card,
    engine,
    targets: data.targets.map((target) => targetOf(target, data, fitted)),
    protocol: input.protocol,
    client: { turn_around_s: turnAround(answered.observations) },
    runs: input.runs,
    model_form: { ...MODEL_FORM, pnorm_exponent: PNORM_EXPONENT },
    parameters: parametersOf(fit, bootstrap, accelerator, card),
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
      names: [...fit.names, ...EDGE_NAMES, ...fit.drafts],
      matrix: fit.covariance.matrix.map((row) => [...row]),
      correlations: fit.covariance.correlations.map((row) => [...row]),
      condition: fit.covariance.condition,
    },
    degrees_of_freedom: fit.degrees_of_freedom,
    predictors: model.predictors,
    residual_table: model.residual_table,
    inferred: choices.inferred,
    bootstrap: bootstrap && {
      method: bootstrap.method,
      replicates: bootstrap.replicates,
      clusters: bootstrap.clusters,
      checked: bootstrap.checked,
      largest_disagreement: bootstrap.largest_disagreement,
    },
    search: {
      predictor: fit.predictor,
      starts: fit.starts,
      agreeing_starts: fit.agreeing_starts,
      converged: fit.converged,
      seed: options.seed,
      objective: options.objective ?? 'balanced',
    },
    selection: { only: rulesText(input.rules.only), hold_out: rulesText(input.rules.holdOut) },
    confounded: confoundedPairs(fit).map((pair) => ({ ...pair, parameters: [...pair.parameters] })),
    validation: validationOf(validation, data.observations),
    range: rangeOf(data.observations),
    residuals,
    outliers: residuals.filter(({ weight }) => weight < OUTLIER_WEIGHT),
    left_out: data.left_out.map((cell) => ({ ...cell, reasons: [...cell.reasons] })),
    flagged: data.flagged,
    ...sourcesOf(fit, data),
    ...(input.prior && { prior: priorSection(fitted, input.prior) }),
    ...paddingSection(fitted, data.observations),
    ...paddingQuestion(fitted, data.observations),
    ...draftSection(fit, bootstrap, data),
    ...powerOf(input),
    ...tailsOf(fitted, data.observations, validation.blocked),
    simulated: data.targets.some((target) => target.simulator !== null),
    examples: [],
    provenance: { notes: accelerator.notes === '' ? [] : [accelerator.notes] },
  } as unknown as Omit<Fit, 'digest'>;
  const { power } = content;
  return {
    ...content,
    examples: examplesFor(content),
    ...(power && { power: { ...power, examples: powerExamples(content, power) } }),
  };
}

/** Only where power was measured: other files stay as they were. */
function powerOf({ data, fitted: { answered, fit } }: FitFileInput): Pick<Fit, 'power'> {
  const power = powerSection(answered, answered.observations, fit, data.targets);
  return power === null ? {} : { power };
}

const rulesText = (rules: readonly CellRule[] | undefined): string[] => (rules ?? []).map(ruleText);

/** The file's form of the validation: errors without the cells they came from. */
function validationOf(validation: Validation, observations: readonly Observation[]): Fit['validation'] {
  const { in_sample, hold_out, blocked } = validation;
  return {
    in_sample,
    hold_out: hold_out && {
      ...hold_out,
      cells: hold_out.cells.map(({ observation: _, ...error }) => error),
    },
    blocked: blocked.map(({ tails: _, ...one }) => one),
    noise_floor: { ttft_ms: floorOf('ttft', observations), tpot_ms: floorOf('tpot', observations) },
  } as unknown as Fit['validation'];
}

/** Median standard error of the measured values, percent. */
function floorOf(metric: LatencyMetric, observations: readonly Observation[]): number | null {
  const middle = median(observations.flatMap((one) => one[metric]?.relative_error ?? []));
  return middle === null ? null : middle * 100;
}

/** Huber's weight of a residual three standard deviations out. */
const OUTLIER_WEIGHT = huberWeight(3);

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

function turnAround(observations: readonly Observation[]): number | null {
  const known = observations.flatMap(({ turn_around_s }) => (turn_around_s === null ? [] : [turn_around_s]));
  return median(known);
}
