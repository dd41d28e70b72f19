import type { ModelCard } from '../model/card.ts';
import { closedLoopMeans } from '../roofline/closed-form.ts';
import { GRADIENT_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import { priceSchedule } from '../roofline/scheduler/price-schedule.ts';
import { scheduleOf, withEdges } from '../roofline/scheduler/scheduled-means.ts';
import type { ClosedLoopShape, EngineSettings, ServingEdges, ServingMeans } from '../roofline/serving.ts';
import { StepPricer } from '../roofline/step-pricer.ts';
import type { Predictor, ServingModel } from './cell-model.ts';
import { fittedDraft } from './draft-columns.ts';
import { LOG_DIFFERENCE } from './least-squares.ts';
import { EDGE_NAMES } from './problem.ts';
import { edgeSlopes } from './scheduled-cells.ts';

/** What was fitted: the values that a prediction is made from. */
export interface FittedValues {
  readonly card: ModelCard;
  readonly parameters: RooflineParameters;
  readonly edges: ServingEdges;
  /** Parameters in the covariance; the edges stand behind them, then a draft's costs. */
  readonly names: readonly ParameterName[];
}

/** Derivatives of the logarithms of TTFT and TPOT by the columns of the covariance. */
export interface LatencySlopes {
  readonly ttft: readonly number[];
  /** Null where there is no TPOT. */
  readonly tpot: readonly number[] | null;
}

/** Means of a cell and how they depend on what was fitted. */
export function sensitivities(
  fit: FittedValues,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  predictor: Predictor,
): { readonly means: ServingMeans; readonly slopes: LatencySlopes } {
  return predictor === 'scheduler'
    ? scheduledSensitivities(fit, engine, shape)
    : closedFormSensitivities(fit, engine, shape);
}

function scheduledSensitivities(
  { card, parameters, edges, names }: FittedValues,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): { means: ServingMeans; slopes: LatencySlopes } {
  const { driving } = shape;
  const burst = driving?.kind === 'burst' ? driving : null;
  const priced = priceSchedule(
    scheduleOf(card, parameters, engine, shape),
    new StepPricer(card, parameters, engine.tensorParallel, engine.speculation),
    parameters.request_overhead_s,
    { statistic: burst?.statistic ?? 'mean', whole: burst !== null, gradient: true },
  );
  const { ttft, tpot } = withEdges(priced, shape, edges);
  const columns = names.map((name) => GRADIENT_NAMES.indexOf(name));
  const drafts = fittedDraft(parameters).map((name) => GRADIENT_NAMES.indexOf(name));
  const slopes = (metric: 'ttft' | 'tpot', { seconds, gradient }: typeof ttft): number[] => [
    ...columns.map((column) => gradient[column]! / seconds),
    ...edgeSlopes(shape, edges, metric, ttft.seconds, tpot?.seconds ?? 0),
    ...drafts.map((column) => gradient[column]! / seconds),
  ];
  return {
    means: {
      ttftSeconds: ttft.seconds,
      tpotSeconds: tpot?.seconds ?? null,
      e2eSeconds: priced.e2eSeconds + ttft.seconds - priced.ttft.seconds,
      outputTokensPerSecond: priced.outputTokensPerSecond,
      queueShare: 0,
      rough: false,
    },
    slopes: { ttft: slopes('ttft', ttft), tpot: tpot && slopes('tpot', tpot) },
  };
}

/** By central differences. */
function closedFormSensitivities(
  fit: FittedValues,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): { means: ServingMeans; slopes: LatencySlopes } {
  const run = ({ parameters, edges }: ServingModel): ServingMeans =>
    closedLoopMeans(fit.card, parameters, engine, shape, edges);
  const shifts = [
    ...fit.names.map(
      (name) =>
        (by: number): ServingModel => ({
          edges: fit.edges,
          parameters: { ...fit.parameters, [name]: fit.parameters[name] * Math.exp(by) },
        }),
    ),
    ...EDGE_NAMES.map(
      (name) =>
        (by: number): ServingModel => ({
          parameters: fit.parameters,
          edges: { ...fit.edges, [name]: fit.edges[name] + by },
        }),
    ),
    ...fittedDraft(fit.parameters).map(
      (name) =>
        (by: number): ServingModel => ({
          edges: fit.edges,
          parameters: { ...fit.parameters, [name]: fit.parameters[name]! * Math.exp(by) },
        }),
    ),
  ];
  const pairs = shifts.map((shift) => [run(shift(LOG_DIFFERENCE)), run(shift(-LOG_DIFFERENCE))] as const);
  const slope = (read: (means: ServingMeans) => number): number[] =>
    pairs.map(([above, below]) => Math.log(read(above) / read(below)) / (2 * LOG_DIFFERENCE));
  const means = run(fit);
  return {
    means,
    slopes: {
      ttft: slope((each) => each.ttftSeconds),
      tpot: means.tpotSeconds === null ? null : slope((each) => each.tpotSeconds ?? 1),
    },
  };
}
