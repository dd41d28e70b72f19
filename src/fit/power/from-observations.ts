import type { ModelCard } from '../../model/card.ts';
import { scheduleTraffic } from '../../roofline/scheduler/schedule-traffic.ts';
import { scheduledMeans, scheduleOf } from '../../roofline/scheduler/scheduled-means.ts';
import type { ClosedLoopShape, EngineSettings } from '../../roofline/serving.ts';
import { StepPricer } from '../../roofline/step-pricer.ts';
import { TrafficCounter } from '../../roofline/step-traffic.ts';
import type { ServingModel } from '../cell-model.ts';
import { type Observation, shapeOf } from '../observations.ts';
import type { PowerObservation, TrafficColumns } from './observation.ts';

/** What one device computes and moves in a cell, by the scheduler at a fitted model. */
export function trafficOf(
  card: ModelCard,
  { parameters }: Pick<ServingModel, 'parameters'>,
  engine: EngineSettings,
  shape: ClosedLoopShape,
): TrafficColumns {
  const { tensorParallel, speculation } = engine;
  const schedule = scheduleOf(card, parameters, engine, shape);
  const pricer = new StepPricer(card, parameters, tensorParallel, speculation);
  return scheduleTraffic(schedule, pricer, new TrafficCounter(card, tensorParallel, speculation));
}

/** A cell with a measured power. */
export interface PoweredCell {
  readonly cell: Observation;
  /** As it was measured: steps last as long as the cell's own latencies say, so that errors of the step model stay out of the energies. */
  readonly measured: PowerObservation;
  /** As a prediction has it: steps last as long as the fitted model says. */
  readonly predicted: PowerObservation;
}

/** The cells whose power was measured, with their work. */
export function poweredCells(
  card: ModelCard,
  model: ServingModel,
  observations: readonly Observation[],
): PoweredCell[] {
  return observations.flatMap((cell) => {
    if (!cell.power) return [];
    const shape = shapeOf(cell);
    const traffic = trafficOf(card, model, cell.engine, shape);
    const predicted: PowerObservation = {
      target: cell.target,
      tensorParallel: cell.engine.tensorParallel,
      inputTokens: cell.input_tokens,
      outputTokens: cell.output_tokens,
      concurrency: cell.concurrency,
      traffic,
      power_w: cell.power.power_w,
      relative_error: cell.power.relative_error,
    };
    const { e2eSeconds } = scheduledMeans(card, model.parameters, cell.engine, shape, model.edges);
    const stretch = cell.e2e === null ? 1 : cell.e2e.seconds / e2eSeconds;
    const seconds = traffic.seconds.map((each) => each * stretch);
    return [{ cell, predicted, measured: { ...predicted, traffic: { ...traffic, seconds } } }];
  });
}

/** Idle power of one device over the targets that measured it, W; null where none did. */
export function measuredIdle(observations: readonly Observation[]): number | null {
  const known = observations.flatMap(({ power }) => power?.idle_power_w ?? []);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
}
