import type { ModelCard } from '../model/card.ts';
import { PARAMETER_NAMES } from '../roofline/parameters.ts';
import { latencySums, priceSum } from '../roofline/scheduler/latency-sums.ts';
import { type PricedSchedule, priceSchedule } from '../roofline/scheduler/price-schedule.ts';
import { type PricedLatencies, scheduleOf, withEdges } from '../roofline/scheduler/scheduled-means.ts';
import type { ClosedLoopShape, ServingEdges } from '../roofline/serving.ts';
import { StepPricer } from '../roofline/step-pricer.ts';
import type { CellModel, ServingModel } from './cell-model.ts';
import { type LatencyMetric, type Observation, shapeOf } from './observations.ts';
import type { ScheduleCache, ScheduledCell } from './schedule-cache.ts';

function makeCell(card: ModelCard, at: ServingModel, observation: Observation): ScheduledCell {
  const shape = shapeOf(observation);
  const schedule = scheduleOf(card, at.parameters, observation.engine, shape);
  return shape.driving?.kind === 'burst' && shape.driving.statistic === 'median'
    ? { kind: 'median', schedule }
    : { kind: 'mean', sums: latencySums(schedule) };
}

const REQUEST = PARAMETER_NAMES.indexOf('request_overhead_s');

function price(
  cell: ScheduledCell,
  pricer: StepPricer,
  requestOverhead: number,
  gradient: boolean,
): PricedLatencies {
  if (cell.kind === 'median') {
    const options = { statistic: 'median', whole: true, gradient } as const;
    const { ttft, tpot }: PricedSchedule = priceSchedule(cell.schedule, pricer, requestOverhead, options);
    return { ttft, tpot };
  }
  const { sums } = cell;
  const ttft = priceSum(sums.ttft, pricer, gradient);
  if (gradient) ttft.gradient[REQUEST]! += requestOverhead;
  return {
    ttft: { seconds: ttft.seconds + requestOverhead, gradient: ttft.gradient },
    tpot: sums.tpot && priceSum(sums.tpot, pricer, gradient),
  };
}

/**
 * Cells by the scheduler, with the order of requests as it is at one model: near it predictions are smooth in the parameters
 * and their derivatives exact. Far from it make new ones.
 */
export function scheduledCells(
  card: ModelCard,
  observations: readonly Observation[],
  at: ServingModel,
  cache?: ScheduleCache,
): CellModel {
  const cells = new Map<Observation, ScheduledCell>(
    observations.map((one) => {
      const make = () => makeCell(card, at, one);
      return [one, cache ? cache.of(card, one, make) : make()];
    }),
  );
  let last: ServingModel | null = null;
  let known = new Map<Observation, PricedLatencies>();
  let pricers = new Map<string, StepPricer>();
  const priced = (model: ServingModel, one: Observation, gradient: boolean): PricedLatencies => {
    if (model !== last) [last, known, pricers] = [model, new Map(), new Map()];
    const found = known.get(one);
    if (found && (!gradient || found.ttft.gradient.length > 0)) return found;
    const { tensorParallel, speculation } = one.engine;
    const key = `${tensorParallel} ${speculation?.draftTokens ?? 0}`;
    const pricer = pricers.get(key) ?? new StepPricer(card, model.parameters, tensorParallel, speculation);
    pricers.set(key, pricer);
    const bare = price(cells.get(one)!, pricer, model.parameters.request_overhead_s, gradient);
    const latencies = withEdges(bare, shapeOf(one), model.edges);
    known.set(one, latencies);
    return latencies;
  };
  return {
    predictor: 'scheduler',
    latencies: (model, one) => {
      const { ttft, tpot } = priced(model, one, false);
      return { ttftSeconds: ttft.seconds, tpotSeconds: tpot?.seconds ?? null, queueShare: 0, rough: false };
    },
    gradient: (model, one, metric) => {
      const { ttft, tpot } = priced(model, one, true);
      const own = metric === 'ttft' ? ttft : tpot;
      if (own === null) return null;
      const slopes = Array.from(own.gradient, (slope) => slope / own.seconds);
      return [...slopes, ...edgeSlopes(shapeOf(one), model.edges, metric, ttft.seconds, tpot?.seconds ?? 0)];
    },
  };
}

/** Derivatives of a metric's logarithm by the edges: they act only where requests share steps. */
export function edgeSlopes(
  { outputTokens, concurrency, driving }: ClosedLoopShape,
  edges: ServingEdges,
  metric: LatencyMetric,
  ttft: number,
  tpot: number,
): [number, number] {
  if (concurrency <= 1 || driving?.kind === 'batch' || outputTokens <= 1) return [0, 0];
  const stretch = 1 + edges.decode_wait_steps / (outputTokens - 1);
  return metric === 'ttft' ? [tpot / stretch / ttft, 0] : [0, 1 / (outputTokens - 1) / stretch];
}
