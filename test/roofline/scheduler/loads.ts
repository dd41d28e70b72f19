import type { SimulatedLoad } from '../../../src/roofline/scheduler/simulate.ts';
import { simulate } from '../../../src/roofline/scheduler/simulate.ts';
import type { EngineSettings } from '../../../src/roofline/serving.ts';
import { StepPricer } from '../../../src/roofline/step-pricer.ts';
import { AttentionWork } from '../../../src/roofline/step-work.ts';
import { card, truth } from '../../fit/virtual.ts';

export const engine: EngineSettings = {
  tensorParallel: 1,
  maxNumBatchedTokens: 2048,
  maxNumSeqs: 64,
  kvCapacityTokens: 400_000,
};

/** All streams start at once; lengths are exact. */
export const burst: SimulatedLoad = {
  inputTokens: 512,
  outputTokens: 64,
  inputJitter: [1, 1],
  outputJitter: [1, 1],
  streams: 16,
  turnAroundSeconds: 0,
  arrivalSeconds: 0,
  releaseSeconds: 0,
  warmUpRequests: 0,
  measuredRequests: 64,
  holdsLoad: false,
  seed: 1,
};

export const attention = new AttentionWork(card);
export const pricer = new StepPricer(card, truth, 1);

/** What the scheduler does with a load that differs from a burst of 16 streams. */
export const scheduled = (load: Partial<SimulatedLoad> = {}, settings: Partial<EngineSettings> = {}) =>
  simulate(attention, pricer, { ...engine, ...settings }, { ...burst, ...load });

/** Σ over events of a column, each event counted for all its steps. */
export const total = (column: ArrayLike<number>, steps: ArrayLike<number>): number =>
  Array.from(column).reduce((sum, value, event) => sum + value * steps[event]!, 0);

/** Seconds of a plain decode step. */
export const decodeStep = (decodes: number, context: number): number =>
  pricer.secondsOf(
    decodes,
    decodes,
    decodes,
    attention.decodeFlop(decodes, context),
    attention.decodeBytes(decodes, context),
  );
