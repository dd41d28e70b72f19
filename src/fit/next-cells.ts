import type { ParameterName } from '../roofline/parameters.ts';
import type { Priors } from '../roofline/priors.ts';
import type { Predictor } from './cell-model.ts';
import { type AskedRow, askedOf, type HalfWidths, halfWidths } from './next-asked.ts';
import { Belief } from './next-belief.ts';
import { type LatencyRow, type RowSource, rowsOf, type Site } from './next-rows.ts';
import { EDGE_SD } from './noise.ts';
import type { LatencyMetric } from './observations.ts';
import type { FittedModel } from './predictive.ts';
import { EDGE_NAMES } from './problem.ts';

/** What is to become certain: chosen predictions (i), or all parameters together (d). */
export const CRITERIA = ['i', 'd'] as const;
export type Criterion = (typeof CRITERIA)[number];

/** A cell that might be measured, and what it costs. */
export interface NextCandidate extends Site {
  readonly seconds: number;
  /** Relative standard error that its means will have. */
  readonly measured_error: number;
}

/** A cell that was measured, with the relative standard errors of its means; null: not measured. */
export interface MeasuredSite extends Site {
  readonly errors: Readonly<Record<LatencyMetric, number | null>>;
}

export interface NextQuestion<Candidate extends NextCandidate> {
  /** A fit, or the model at the centre of the priors, see `priorModel`. */
  readonly model: FittedModel;
  readonly priors: Priors;
  /** What is known of `names` and of the edges together before any cell, in the place of `priors`. */
  readonly covariance?: readonly (readonly number[])[] | undefined;
  /** Default: the scheduler. */
  readonly predictor?: Predictor;
  /** Parameters that candidates or measured cells depend on. */
  readonly names: readonly ParameterName[];
  readonly measured: readonly MeasuredSite[];
  readonly candidates: readonly Candidate[];
  /** Predictions that are to become certain. */
  readonly asked: readonly Site[];
  /** How much the variances of the asked latencies count; default: alike. */
  readonly weights?: Readonly<Record<LatencyMetric, number>>;
  readonly count: number;
  readonly criterion?: Criterion;
  /** Cells must end within this time together; default: no limit. */
  readonly within_s?: number;
}

export interface NextCell<Candidate> {
  readonly candidate: Candidate;
  /** The parameter that it narrows most: standard deviation of its logarithm before and after. */
  readonly narrows: { readonly parameter: ParameterName; readonly before: number; readonly after: number };
  /** Half-widths of the asked 90 % intervals before this cell and after it, see `HalfWidths`. */
  readonly before: HalfWidths;
  readonly after: HalfWidths;
}

/** Cells in the order of choice, and the half-widths of the asked predictions without them. */
export interface NextChoice<Candidate> {
  readonly now: HalfWidths;
  readonly cells: readonly NextCell<Candidate>[];
}

/**
 * Chooses cells one by one, each the one that narrows most per minute once those before it are measured (performance-model
 * section 9): `i` the mean variance of the logarithms of the asked TTFT and TPOT, `d` the determinant of the parameters'
 * covariance. Linear at the model's parameters. Deterministic: among equals the first candidate.
 */
export function chooseNext<Candidate extends NextCandidate>(
  question: NextQuestion<Candidate>,
): NextChoice<Candidate> {
  const { model, names, predictor = 'scheduler', criterion = 'i', weights = EQUAL } = question;
  const source: RowSource = { model, names, predictor };
  const measured = question.measured.flatMap((one) => measuredRows(source, one));
  const candidates = question.candidates.map((candidate) => consider(source, candidate));
  const asked = askedOf(source, question.asked);
  const weighted = asked.map(({ slopes, metric }) => ({ slopes, weight: weights[metric] }));
  const everything = [...measured, ...candidates.flatMap(({ rows }) => rows)];
  const before = question.covariance ?? priorVariances(question.priors, names);
  const start = Belief.prior(before, everything).after(measured);
  const widths = widthsFrom(start, asked);
  const choose = (belief: Belief, left: readonly Considered<Candidate>[]): Considered<Candidate> | null => {
    const precision = criterion === 'd' ? belief.precision() : null;
    return mostPerTime(left, (rows) =>
      precision === null ? belief.varianceSaved(rows, weighted) : belief.logDeterminantSaved(rows, precision),
    );
  };
  const cells: NextCell<Candidate>[] = [];
  let [belief, left, seconds] = [start, candidates, question.within_s ?? Number.POSITIVE_INFINITY];
  while (cells.length < question.count) {
    left = left.filter(({ candidate }) => candidate.seconds <= seconds);
    const best = choose(belief, left);
    if (best === null) break;
    const next = belief.after(best.rows);
    const narrows = mostNarrowed(names, belief, next);
    cells.push({ candidate: best.candidate, narrows, before: widths(belief), after: widths(next) });
    belief = next;
    seconds -= best.candidate.seconds;
    left = left.filter((one) => one !== best);
  }
  return { now: widths(start), cells };
}

const EQUAL = { ttft: 1, tpot: 1 };

/**
 * Half-widths of the asked predictions in a belief. They start at what the fit's own covariance says, where it has all the
 * parameters, and fall as the belief does.
 */
function widthsFrom(start: Belief, asked: readonly AskedRow[]): (belief: Belief) => HalfWidths {
  const scales = asked.map(({ fitted_variance, slopes }) =>
    fitted_variance === null ? 1 : fitted_variance / Math.max(Number.MIN_VALUE, start.variance(slopes)),
  );
  return (belief) => halfWidths(asked, ({ slopes }, k) => scales[k]! * belief.variance(slopes));
}

function consider<Candidate extends NextCandidate>(
  source: RowSource,
  candidate: Candidate,
): Considered<Candidate> {
  const { measured_error: error } = candidate;
  return { candidate, rows: rowsOf(source, candidate, { ttft: error, tpot: error }) };
}

/**
 * What a cell costs besides its own time. Without it the shortest cells win however little each tells, and a few of them tell
 * little together.
 */
const OVERHEAD_S = 60;

interface Considered<Candidate> {
  readonly candidate: Candidate;
  readonly rows: readonly LatencyRow[];
}

function mostPerTime<Candidate extends NextCandidate>(
  candidates: readonly Considered<Candidate>[],
  saved: (rows: readonly LatencyRow[]) => number,
): Considered<Candidate> | null {
  let best: Considered<Candidate> | null = null;
  let most = 0;
  for (const one of candidates) {
    const rate = saved(one.rows) / (one.candidate.seconds + OVERHEAD_S);
    if (rate > most) [best, most] = [one, rate];
  }
  return best;
}

function mostNarrowed(names: readonly ParameterName[], before: Belief, after: Belief) {
  const ratios = names.map((_, j) => after.sd(j) / before.sd(j));
  const column = ratios.indexOf(Math.min(...ratios));
  return { parameter: names[column]!, before: before.sd(column), after: after.sd(column) };
}

const priorVariances = (priors: Priors, names: readonly ParameterName[]): number[] => [
  ...names.map((name) => priors[name].log_sd ** 2),
  ...EDGE_NAMES.map(() => EDGE_SD ** 2),
];

/** A model's covariance over some of its parameters, and the edges. */
export function covarianceOver(
  { names: all, covariance }: Pick<FittedModel, 'names' | 'covariance'>,
  names: readonly ParameterName[],
): number[][] {
  const columns = [...names.map((name) => all.indexOf(name)), ...EDGE_NAMES.map((_, k) => all.length + k)];
  return columns.map((a) => columns.map((b) => covariance[a]![b]!));
}

function measuredRows(source: RowSource, one: MeasuredSite): LatencyRow[] {
  const { errors } = one;
  const known = { ttft: errors.ttft ?? 0, tpot: errors.tpot ?? 0 };
  return rowsOf(source, one, known).filter(({ metric }) => errors[metric] !== null);
}
