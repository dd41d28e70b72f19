import type { ModelCard } from '../model/card.ts';
import { closedLoopMeans } from '../roofline/closed-form.ts';
import type { CellModel } from './cell-model.ts';
import { type Observation, shapeOf } from './observations.ts';
import { scheduledCells } from './scheduled-cells.ts';

/** Cells by the closed form, microseconds each. A batch has an order of steps of its own, which no device changes. */
export function closedFormCells(card: ModelCard): CellModel {
  const batches = new Map<Observation, CellModel>();
  return {
    predictor: 'closed_form',
    latencies: (model, observation) => {
      const { driving, engine } = observation;
      if (driving?.kind !== 'batch') {
        return closedLoopMeans(card, model.parameters, engine, shapeOf(observation), model.edges);
      }
      const known = batches.get(observation) ?? scheduledCells(card, [observation], model);
      batches.set(observation, known);
      return known.latencies(model, observation);
    },
    gradient: null,
  };
}
