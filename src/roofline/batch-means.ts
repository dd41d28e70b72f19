import type { ModelCard } from '../model/card.ts';
import type { RooflineParameters } from './parameters.ts';
import { batchSchedule } from './scheduler/batch-schedule.ts';
import { priceSchedule } from './scheduler/price-schedule.ts';
import {
  type ClosedLoopShape,
  cachedTokens,
  type EngineSettings,
  type ServingMeans,
  servedWith,
} from './serving.ts';
import { decodeStepsOf } from './speculation.ts';
import { StepPricer } from './step-pricer.ts';
import { AttentionWork } from './step-work.ts';

/** Means of one batch that is prefilled together and decoded in lockstep: a handful of steps, priced one by one. */
export function batchMeans(
  card: ModelCard,
  p: RooflineParameters,
  settings: EngineSettings,
  shape: ClosedLoopShape,
): ServingMeans {
  const engine = servedWith(settings, shape);
  const attention = new AttentionWork(card, engine.speculation, engine.padding);
  const schedule = batchSchedule(attention, engine.maxNumBatchedTokens, {
    inputTokens: shape.inputTokens,
    cachedTokens: cachedTokens(shape),
    outputTokens: shape.outputTokens,
    decodeSteps: decodeStepsOf(shape.outputTokens, engine.speculation),
    streams: shape.concurrency,
  });
  const { ttft, tpot, e2eSeconds } = priceSchedule(
    schedule,
    new StepPricer(card, p, engine.tensorParallel, engine.speculation),
    p.request_overhead_s,
    { statistic: 'mean', whole: false, gradient: false },
  );
  return {
    ttftSeconds: ttft.seconds,
    tpotSeconds: tpot?.seconds ?? null,
    e2eSeconds,
    outputTokensPerSecond: (shape.concurrency * shape.outputTokens) / e2eSeconds,
    queueShare: 0,
    rough: false,
  };
}
