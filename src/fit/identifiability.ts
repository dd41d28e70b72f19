import type { DraftName, ParameterName } from '../roofline/parameters.ts';
import type { Prior, Priors } from '../roofline/priors.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import { DRAFT_PRIORS } from './draft-columns.ts';
import type { RooflineFit } from './fit-roofline.ts';
import { EDGE_NAMES } from './problem.ts';

/** What the data say about one parameter. */
export type ParameterState = 'identified' | 'prior_dominated' | 'at_bound' | 'not_in_data';

export interface ParameterEstimate {
  readonly name: ParameterName | DraftName;
  readonly value: number;
  readonly state: ParameterState;
  /** Standard error of the value, in its unit; null at a bound or outside the data. */
  readonly standard_error: number | null;
  readonly interval_90: readonly [number, number] | null;
}

/** A parameter whose posterior is hardly narrower than its prior was not measured. */
export const PRIOR_SHARE = 0.8;

/** Student-t factor of a 90 % interval. */
export const intervalFactor = (fit: Pick<RooflineFit, 'degrees_of_freedom'>): number =>
  studentTQuantile(0.95, fit.degrees_of_freedom);

/** The value, interval and state of a parameter. Intervals are symmetric in the logarithm. */
export const estimateOf = (fit: RooflineFit, priors: Priors, name: ParameterName): ParameterEstimate =>
  estimated(fit, name, fit.parameters[name], fit.names.indexOf(name), priors[name]);

/** Of a cost of proposing tokens that was fitted. */
export const draftEstimate = (fit: RooflineFit, name: DraftName): ParameterEstimate =>
  estimated(fit, name, fit.parameters[name]!, draftColumn(fit, name), DRAFT_PRIORS[name]);

/** Where a fit's covariance has a cost of proposing tokens. */
export const draftColumn = ({ names, drafts }: RooflineFit, name: DraftName): number =>
  names.length + EDGE_NAMES.length + drafts.indexOf(name);

function estimated(
  fit: RooflineFit,
  name: ParameterName | DraftName,
  value: number,
  column: number,
  prior: Prior,
): ParameterEstimate {
  if (column < 0) return { name, value, state: 'not_in_data', standard_error: null, interval_90: null };
  if (fit.at_bound.includes(name)) {
    return { name, value, state: 'at_bound', standard_error: null, interval_90: null };
  }
  const error = fit.covariance.standardErrors[column]!;
  const factor = Math.exp(intervalFactor(fit) * error);
  return {
    name,
    value,
    state: isPriorDominated(fit, column, prior) ? 'prior_dominated' : 'identified',
    standard_error: value * error,
    interval_90: [value / factor, value * factor],
  };
}

export interface ConfoundedPair {
  readonly parameters: readonly [ParameterName | DraftName, ParameterName | DraftName];
  readonly correlation: number;
}

/** So close to a line that neither of two has a value of its own, however well both are known. */
const CONFOUNDED = 0.95;
/** Knowing one of two would halve the error of the other, √(1 − ρ²) = ½: what the prior alone tells, the other could. */
const TOLD_BY_THE_OTHER = Math.sqrt(3) / 2;

/**
 * Pairs of parameters of which the data know a combination better than either. Beside pairs that lie on a line those in which
 * the prior alone tells one, while the other would.
 */
export function confoundedPairs(fit: RooflineFit): ConfoundedPair[] {
  const { priors } = fit.solution.problem.input;
  const columns = [
    ...fit.names.map((name, column) => ({ name, column, prior: priors[name] })),
    ...fit.drafts.map((name) => ({ name, column: draftColumn(fit, name), prior: DRAFT_PRIORS[name] })),
  ].map((one) => ({ ...one, isOpen: isPriorDominated(fit, one.column, one.prior) }));
  const pairs: ConfoundedPair[] = [];
  columns.forEach((a, i) => {
    columns.slice(i + 1).forEach((b) => {
      const correlation = fit.covariance.correlations[a.column]![b.column]!;
      const least = a.isOpen || b.isOpen ? TOLD_BY_THE_OTHER : CONFOUNDED;
      if (Math.abs(correlation) > least) pairs.push({ parameters: [a.name, b.name], correlation });
    });
  });
  return pairs;
}

const isPriorDominated = ({ covariance }: RooflineFit, column: number, { log_sd }: Prior): boolean =>
  covariance.standardErrors[column]! > PRIOR_SHARE * log_sd;

/** The cell that would tell most about a parameter. */
const ADVICE: Readonly<Record<ParameterName | DraftName, string>> = {
  gemm_flop_per_s: 'a long prompt alone: concurrency 1, input 4096 and 16384, output 2',
  expert_flop_per_s: 'long prompts in one step: concurrency 1, input 4096 and 16384, output 2',
  memory_bytes_per_s: 'a long decode alone at a long context: concurrency 1, input 16384, output 256',
  attention_flop_per_s: 'a longer prompt alone: concurrency 1, input 32768, output 2',
  step_overhead_s: 'another tensor parallel size, TP 1 among them, so that weights and overhead part',
  sequence_overhead_s: 'more streams on short prompts: concurrency 64 to 256, input 128, output 512',
  request_overhead_s: 'a short prompt alone: concurrency 1, input 128, output 2',
  all_reduce_latency_s: 'the same cells on TP 1 and on a larger TP',
  link_bytes_per_s: 'a long prompt on a tensor parallel size above 1: input 16384, output 2',
  draft_pass_s:
    'the same cells on the same server without speculation: concurrency 1, input 1024, output 256',
  draft_sequence_s: 'more streams that speculate: concurrency 64 to 256, input 128, output 512',
};

export const adviceFor = (name: ParameterName | DraftName): string => ADVICE[name];
