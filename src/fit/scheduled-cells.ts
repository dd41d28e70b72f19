import type { ModelCard } from '../model/card.ts';
import { type Schedule } from '../roofline/scheduler/schedule.ts';
import { priceServing, type ScheduledMeans, scheduleOf } from '../roofline/scheduler/scheduled-means.ts';
import { StepPricer } from '../roofline/step-pricer.ts';
import type { CellModel, ServingModel } from './cell-model.ts';
import { type Observation, shapeOf } from './observations.ts';
import type { ScheduleCache } from './schedule-cache.ts';

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
  const schedules = new Map<Observation, Schedule>();
  const scheduled = (observation: Observation): Schedule => {
    let found = schedules.get(observation);
    if (!found) {
      const make = () => scheduleOf(card, at.parameters, observation.engine, shapeOf(observation));
      found = cache ? cache.of(card, observation, make) : make();
      schedules.set(observation, found);
    }
    return found;
  };
  for (const observation of observations) scheduled(observation);
  let priced = new Map<Observation, ScheduledMeans>();
  let pricers = new Map<number, StepPricer>();
  let last: ServingModel | null = null;
  const price = (model: ServingModel, observation: Observation, gradient: boolean): ScheduledMeans => {
    if (model !== last) {
      priced = new Map();
      pricers = new Map();
      last = model;
    }
    const known = priced.get(observation);
    if (known && (!gradient || known.ttft.gradient.length > 0)) return known;
    const tp = observation.engine.tensorParallel;
    const pricer = pricers.get(tp) ?? new StepPricer(card, model.parameters, tp);
    pricers.set(tp, pricer);
    const { parameters, edges } = model;
    const shape = shapeOf(observation);
    const means = priceServing(scheduled(observation), pricer, parameters, shape, edges, gradient);
    priced.set(observation, means);
    return means;
  };
  return {
    predictor: 'scheduler',
    means: (model, observation) => price(model, observation, false),
    gradient: (model, observation, metric) => {
      const { ttft, tpot } = price(model, observation, true);
      const own = metric === 'ttft' ? ttft : tpot;
      if (own === null) return null;
      const slopes = Array.from(own.gradient, (slope) => slope / own.seconds);
      return [...slopes, ...edgeSlopes(observation, model, metric, ttft.seconds, tpot?.seconds ?? 0)];
    },
  };
}

/** Derivatives of a metric's logarithm by the edges: they act only where requests share steps. */
function edgeSlopes(
  observation: Observation,
  { edges }: ServingModel,
  metric: 'ttft' | 'tpot',
  ttft: number,
  tpot: number,
): [number, number] {
  const { outputTokens, concurrency, driving } = shapeOf(observation);
  if (concurrency <= 1 || driving?.kind === 'batch' || outputTokens <= 1) return [0, 0];
  const stretch = 1 + edges.decode_wait_steps / (outputTokens - 1);
  return metric === 'ttft' ? [tpot / stretch / ttft, 0] : [0, 1 / (outputTokens - 1) / stretch];
}
