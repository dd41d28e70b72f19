import type { ParameterName } from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import type { RooflineFit } from './fit-roofline.ts';

/** What the data say about one parameter. */
export type ParameterState = 'identified' | 'prior_dominated' | 'at_bound' | 'not_in_data';

export interface ParameterEstimate {
  readonly name: ParameterName;
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
export function estimateOf(fit: RooflineFit, priors: Priors, name: ParameterName): ParameterEstimate {
  const value = fit.parameters[name];
  const column = fit.names.indexOf(name);
  if (column < 0) return { name, value, state: 'not_in_data', standard_error: null, interval_90: null };
  if (fit.at_bound.includes(name)) {
    return { name, value, state: 'at_bound', standard_error: null, interval_90: null };
  }
  const error = fit.covariance.standardErrors[column]!;
  const factor = Math.exp(intervalFactor(fit) * error);
  return {
    name,
    value,
    state: error > PRIOR_SHARE * priors[name].log_sd ? 'prior_dominated' : 'identified',
    standard_error: value * error,
    interval_90: [value / factor, value * factor],
  };
}

export interface ConfoundedPair {
  readonly parameters: readonly [ParameterName, ParameterName];
  readonly correlation: number;
}

const CONFOUNDED = 0.95;

/** Pairs of parameters of which the data know a combination better than either. */
export function confoundedPairs(fit: RooflineFit): ConfoundedPair[] {
  const pairs: ConfoundedPair[] = [];
  fit.names.forEach((a, i) => {
    fit.names.slice(i + 1).forEach((b, offset) => {
      const correlation = fit.covariance.correlations[i]![i + 1 + offset]!;
      if (Math.abs(correlation) > CONFOUNDED) pairs.push({ parameters: [a, b], correlation });
    });
  });
  return pairs;
}

/** The cell that would tell most about a parameter. */
const ADVICE: Readonly<Record<ParameterName, string>> = {
  gemm_flop_per_s: 'a long prompt alone: concurrency 1, input 4096 and 16384, output 2',
  expert_flop_per_s: 'long prompts in one step: concurrency 1, input 4096 and 16384, output 2',
  memory_bytes_per_s: 'a long decode alone at a long context: concurrency 1, input 16384, output 256',
  attention_flop_per_s: 'a longer prompt alone: concurrency 1, input 32768, output 2',
  step_overhead_s: 'another tensor parallel size, TP 1 among them, so that weights and overhead part',
  sequence_overhead_s: 'more streams on short prompts: concurrency 64 to 256, input 128, output 512',
  request_overhead_s: 'a short prompt alone: concurrency 1, input 128, output 2',
  all_reduce_latency_s: 'the same cells on TP 1 and on a larger TP',
  link_bytes_per_s: 'a long prompt on a tensor parallel size above 1: input 16384, output 2',
};

export const adviceFor = (name: ParameterName): string => ADVICE[name];
