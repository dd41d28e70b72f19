import { Matrix, solve } from 'ml-matrix';
import { createRandom, type Random } from '../stats/random.ts';
import { termRows } from './cross-validation.ts';
import type { RooflineFit } from './fit-roofline.ts';
import { marquardt } from './marquardt.ts';
import { leastSquares } from './whitened-problem.ts';

/** How replicates of a fit spread when other cells had been measured. */
export interface Bootstrap {
  /** `linearised`: from the stored residuals and Jacobian; `refits`: each replicate fitted anew. */
  readonly method: 'linearised' | 'refits';
  readonly replicates: number;
  /** Clusters of cells that are drawn together: a shape on a tensor parallel size. */
  readonly clusters: number;
  /** 5 % and 95 % quantiles of each log parameter less its fitted value, in the order of the fit's columns. */
  readonly intervals: readonly (readonly [number, number])[];
  /** Full refits that were compared, and the largest difference to the linearised ones over the interval's width. */
  readonly checked: number;
  readonly largest_disagreement: number;
}

export interface BootstrapOptions {
  readonly replicates: number;
  readonly seed: number;
}

export const DEFAULT_BOOTSTRAP: BootstrapOptions = { replicates: 200, seed: 1 };

/** Refits that check the linearised replicates, and how far they may be off, over the interval's width. */
const CHECKS = 10;
const LARGEST_DISAGREEMENT = 0.2;
const FEWEST_CLUSTERS = 4;

/** One replicate: how often each term counts, and where its priors stand. */
interface Replicate {
  readonly counts: readonly number[];
  /** Shift of each prior's and edge's centre, in its standard deviations. */
  readonly priorShifts: readonly number[];
}

/**
 * Cluster bootstrap: cells of one shape and tensor parallel size are drawn together, priors are drawn anew (so that what the
 * data leave open wanders as far as the prior allows), starts are perturbed. Replicates are linearised while full refits agree
 * with them, else every one is fitted. Null with too few clusters.
 */
export function bootstrap(fit: RooflineFit, options: BootstrapOptions = DEFAULT_BOOTSTRAP): Bootstrap | null {
  const { terms } = fit.solution.problem;
  const keys = terms.map(
    ({ observation: one, source }) =>
      `${one.input_tokens}/${one.output_tokens} ${one.engine.tensorParallel} ${source?.name ?? ''}`,
  );
  const clusters = [...new Set(keys)];
  if (clusters.length < FEWEST_CLUSTERS) return null;
  const random = createRandom(options.seed);
  const columns = fit.solution.point.length;
  const draws = Array.from({ length: options.replicates }, () =>
    drawReplicate(keys, clusters, columns, random),
  );
  const linear = draws.map((draw) => linearStep(fit, draw));
  const checks = draws.slice(0, CHECKS).map((draw) => refit(fit, draw, random));
  const disagreement = largestDisagreement(fit, linear, checks);
  const linearised = disagreement <= LARGEST_DISAGREEMENT;
  const steps = linearised
    ? linear
    : [...checks, ...draws.slice(CHECKS).map((draw) => refit(fit, draw, random))];
  return {
    method: linearised ? 'linearised' : 'refits',
    replicates: steps.length,
    clusters: clusters.length,
    intervals: fit.solution.point.map((_, j) => quantiles(steps.map((step) => step[j]!))),
    checked: checks.length,
    largest_disagreement: disagreement,
  };
}

function drawReplicate(
  keys: readonly string[],
  clusters: readonly string[],
  columns: number,
  random: Random,
): Replicate {
  const drawn = new Map<string, number>();
  for (let i = 0; i < clusters.length; i += 1) {
    const cluster = clusters[random.int(0, clusters.length - 1)]!;
    drawn.set(cluster, (drawn.get(cluster) ?? 0) + 1);
  }
  return {
    counts: keys.map((key) => drawn.get(key) ?? 0),
    priorShifts: Array.from({ length: columns }, () => normal(random)),
  };
}

/** Standard normal by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

/** One Gauss-Newton step of the re-weighted problem from the fitted point. */
function linearStep(fit: RooflineFit, { counts, priorShifts }: Replicate): number[] {
  const { jacobian, state, point, problem } = fit.solution;
  const shared = state.whitening.shared ? termRows(fit) : null;
  const terms = problem.terms.length;
  const weighted = jacobian.clone();
  const right = Matrix.zeros(jacobian.rows, 1);
  const priors = leastSquares(problem, state.whitening).residuals(point).slice(terms);
  for (let i = 0; i < jacobian.rows; i += 1) {
    if (i < terms) {
      const weight = Math.sqrt(counts[i]!);
      weighted.mulRow(i, weight);
      right.set(
        i,
        0,
        shared ? -weight * shared.whitened(i) : -weight * state.residuals[i]! * state.whitening.terms[i]!,
      );
    } else right.set(i, 0, priorShifts[i - terms]! - priors[i - terms]!);
  }
  return solve(weighted, right, true).to1DArray();
}

/** Spread of the starts of full refits, in the logarithm. */
const START_SPREAD = 0.2;

/** The re-weighted problem solved from a perturbed start. */
function refit({ solution }: RooflineFit, { counts, priorShifts }: Replicate, random: Random): number[] {
  const { problem, state, point } = solution;
  const { terms } = problem;
  const whitening = {
    ...state.whitening,
    terms: state.whitening.terms.map((weight, i) => weight * Math.sqrt(counts[i]!)),
  };
  const squares = leastSquares(problem, whitening);
  const shifted = {
    ...squares,
    residuals: (at: readonly number[]) =>
      squares
        .residuals(at)
        .map((residual, i) => (i < terms.length ? residual : residual - priorShifts[i - terms.length]!)),
  };
  const start = point.map((value) => value + START_SPREAD * normal(random));
  const found = marquardt(shifted, start, { maxIterations: 60, stepTolerance: 1e-6 });
  return found.point.map((value, j) => value - point[j]!);
}

function largestDisagreement(
  fit: RooflineFit,
  linear: readonly (readonly number[])[],
  full: readonly (readonly number[])[],
): number {
  const widths = fit.solution.point.map((_, j) => {
    const [low, high] = quantiles(linear.map((step) => step[j]!));
    return Math.max(high - low, 1e-9);
  });
  const mean = widths.map((width, j) => {
    const differences = full.map((step, r) => Math.abs(step[j]! - linear[r]![j]!) / width);
    return differences.reduce((a, b) => a + b, 0) / differences.length;
  });
  return Math.max(...mean.slice(0, fit.names.length));
}

function quantiles(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.round(q * (sorted.length - 1))]!;
  return [at(0.05), at(0.95)];
}
