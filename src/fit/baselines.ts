import type { Accelerator } from '../accelerator/accelerator.ts';
import type { ModelCard } from '../model/card.ts';
import { NO_EDGES } from '../roofline/closed-form.ts';
import { PARAMETER_NAMES, type RooflineParameters } from '../roofline/parameters.ts';
import { EFFICIENCY_NAMES, specPeak } from '../roofline/priors.ts';
import type { ErrorSummaries } from './errors.ts';
import { LATENCY_METRICS, type LatencyMetric, type Observation, predictedSeconds } from './observations.ts';
import { meansOf } from './problem.ts';

/** A simpler model's mean absolute error on the cells of a fit, printed beside it. */
export interface Baseline {
  readonly name: string;
  readonly form: string;
  readonly metric: 'ttft_ms' | 'tpot_ms';
  readonly n: number;
  /** Percent. */
  readonly mape: number;
  /** Numbers that it fits; in-sample, which is generous to it. */
  readonly fitted_numbers: number;
}

/** A baseline beside the fit that it should lose to. */
export interface JudgedBaseline extends Baseline {
  /** Whether its mean error is below the fit's own. */
  readonly wins: boolean;
}

/** @param own errors of the fit on the cells it saw, which the baselines saw too */
export const besideFit = (baselines: readonly Baseline[], own: ErrorSummaries): JudgedBaseline[] =>
  baselines.map((one) => {
    const fit = own[one.metric];
    return { ...one, wins: fit !== undefined && one.mape < fit.mape };
  });

/** Baselines on cells: straight lines per tensor parallel size, and the spec sheet's speed of light. */
export function baselines(
  accelerator: Accelerator | null,
  card: ModelCard,
  observations: readonly Observation[],
): Baseline[] {
  const lines = LATENCY_METRICS.map((metric) => linear(metric, observations));
  return [...lines, ...speedOfLight(accelerator, card, observations)].filter((one) => one.n > 0);
}

/** Numbers that a straight line has. */
const LINE_NUMBERS = 2;

const name = (metric: LatencyMetric): Baseline['metric'] => (metric === 'ttft' ? 'ttft_ms' : 'tpot_ms');

/** TPOT = α + β·C and TTFT = γ + δ·I·C for each tensor parallel size, by least squares on relative errors. */
function linear(metric: LatencyMetric, observations: readonly Observation[]): Baseline {
  const used = observations.filter((one) => one[metric] !== null);
  // A line through two points has no error to compare.
  const groups = [...Map.groupBy(used, (one) => one.engine.tensorParallel).values()].filter(
    (group) => group.length > LINE_NUMBERS,
  );
  const load = (one: Observation): number =>
    metric === 'tpot' ? one.concurrency : one.concurrency * one.input_tokens;
  const errors = groups.flatMap((group) => lineErrors(group.map((one) => [load(one), one[metric]!.seconds])));
  return {
    name: 'straight line',
    form: metric === 'tpot' ? 'a + b·concurrency, per TP' : 'a + b·input·concurrency, per TP',
    metric: name(metric),
    n: errors.length,
    mape: meanPercent(errors),
    fitted_numbers: LINE_NUMBERS * groups.length,
  };
}

/** Absolute relative errors of the line that minimises the squares of relative errors. */
function lineErrors(points: readonly (readonly [number, number])[]): number[] {
  let [s00, s01, s11, t0, t1] = [0, 0, 0, 0, 0];
  for (const [x, y] of points) {
    s00 += 1 / (y * y);
    s01 += x / (y * y);
    s11 += (x * x) / (y * y);
    t0 += 1 / y;
    t1 += x / y;
  }
  const determinant = s00 * s11 - s01 * s01;
  const flat = Math.abs(determinant) < 1e-12 * s00 * s11;
  const b = flat ? 0 : (s00 * t1 - s01 * t0) / determinant;
  const a = (t0 - b * s01) / s00;
  return points.map(([x, y]) => Math.abs((a + b * x) / y - 1));
}

/** Every peak reached, no overhead: a bound, not a model. */
function speedOfLight(
  accelerator: Accelerator | null,
  card: ModelCard,
  observations: readonly Observation[],
): Baseline[] {
  const peaks = EFFICIENCY_NAMES.map((each) => [each, specPeak(each, accelerator, card)?.value] as const);
  const parallel = observations.some((one) => one.engine.tensorParallel > 1);
  if (peaks.some(([each, value]) => !value && (parallel || each !== 'link_bytes_per_s'))) return [];
  const parameters = {
    ...Object.fromEntries(PARAMETER_NAMES.map((each) => [each, 0])),
    ...Object.fromEntries(peaks.map(([each, value]) => [each, value ?? 1])),
  } as unknown as RooflineParameters;
  return LATENCY_METRICS.map((metric) => {
    const errors = observations.flatMap((one) => {
      const measured = one[metric];
      const predicted = predictedSeconds(meansOf(card, { parameters, edges: NO_EDGES }, one), metric);
      return measured && predicted !== null ? [Math.abs(predicted / measured.seconds - 1)] : [];
    });
    return {
      name: 'speed of light',
      form: 'spec sheet peaks, no overhead',
      metric: name(metric),
      n: errors.length,
      mape: meanPercent(errors),
      fitted_numbers: 0,
    };
  });
}

const meanPercent = (shares: readonly number[]): number =>
  shares.length === 0 ? 0 : (shares.reduce((a, b) => a + b, 0) / shares.length) * 100;
