import type { ModelCard } from '../model/card.ts';
import type { RooflineParameters } from './parameters.ts';
import { StepPricer, type StepTime } from './step-pricer.ts';
import { AttentionWork, type StepLoad, stepWork } from './step-work.ts';

export { pnorm, type StepTime } from './step-pricer.ts';
export type { PrefillChunk, StepLoad } from './step-work.ts';

/**
 * Time of one engine step (performance-model section 3): one serial roofline for prefill, decode and mixed steps.
 * For many steps of one device make a `StepPricer` once.
 * @param tp tensor parallel size
 * @returns seconds by cause
 */
export function stepTime(card: ModelCard, p: RooflineParameters, tp: number, load: StepLoad): StepTime {
  return new StepPricer(card, p, tp).parts(stepWork(new AttentionWork(card), load));
}
