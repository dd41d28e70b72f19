import { studentTQuantile } from '../stats/student-t.ts';
import { blocksOf, loadBlocks } from './blocks.ts';
import { leaveOut, leaveOutTerms, type UnseenTerm } from './cross-validation.ts';
import type { RooflineFit } from './fit-roofline.ts';
import { LATENCY_METRICS, type LatencyMetric } from './observations.ts';

/** Half-width of a 90 % interval in standard deviations, by metric, as cells that a fit did not see call for. */
export type IntervalFactors = Readonly<Record<LatencyMetric, number>>;

/** Fewer unseen terms than this say too little about a 90 % quantile. */
const FEWEST_TERMS = 30;
const LEAST_FACTOR = 1;
const LARGEST_FACTOR = 6;

/**
 * Split-conformal factors: every shape, tensor parallel size, load and single cell (what lies between measured ones is asked for
 * most) is left out in turn, and the factor is the
 * 90 % quantile of how many of the claimed standard deviations the predictions were off. Where there are too few cells, the
 * Student-t factor of the fit.
 * @param own log residual of a term by another predictor at the fitted parameters
 */
export function intervalFactors(fit: RooflineFit, own?: (term: number) => number): IntervalFactors {
  const { observations } = fit.solution.problem.input;
  const blocks = [
    ...blocksOf(observations).filter(({ kind }) => kind !== 'load'),
    ...loadBlocks(observations),
    ...observations.map((one) => ({ cells: new Set([one]) })),
  ];
  const unseen = [
    ...blocks.flatMap(({ cells }) => leaveOut(fit, cells, own).filter(isPlainMean)),
    ...unseenKernels(fit, own),
  ];
  const student = studentTQuantile(0.95, fit.degrees_of_freedom);
  const factor = (metric: LatencyMetric): number => {
    const scores = unseen.filter((term) => term.metric === metric).map(score);
    if (scores.length < FEWEST_TERMS) return student;
    return Math.min(LARGEST_FACTOR, Math.max(LEAST_FACTOR, conformalQuantile(scores)));
  };
  return Object.fromEntries(LATENCY_METRICS.map((metric) => [metric, factor(metric)])) as Record<
    LatencyMetric,
    number
  >;
}

/** Means of cells whose steps are used as well have nothing left to be predicted from, alone. */
const isPlainMean = ({ source, observation }: UnseenTerm): boolean => !source && !observation.steps;

/** Steps of each kernel, predicted from all the others. */
function unseenKernels(fit: RooflineFit, own?: (term: number) => number): UnseenTerm[] {
  const { terms } = fit.solution.problem;
  const places = terms.flatMap(({ source }, place) => (source?.kernel ? [{ name: source.name, place }] : []));
  const kernels = Map.groupBy(places, ({ name }) => name);
  return [...kernels.values()].flatMap((of) =>
    leaveOutTerms(
      fit,
      of.map(({ place }) => place),
      own,
    ),
  );
}

const score = ({ residual, sd }: UnseenTerm): number => Math.abs(residual) / sd;

/** The ⌈0.9(n + 1)⌉-th smallest score. */
function conformalQuantile(scores: readonly number[]): number {
  const sorted = [...scores].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length, Math.ceil(0.9 * (sorted.length + 1))) - 1]!;
}
