import type { ModelCard } from '../../model/card.ts';
import type { RooflineParameters } from '../parameters.ts';
import { type ClosedLoopShape, type EngineSettings, servedWith } from '../serving.ts';
import { StepPricer } from '../step-pricer.ts';
import { AttentionWork } from '../step-work.ts';
import type { Schedule } from './schedule.ts';
import { loadOf } from './scheduled-means.ts';
import { simulate } from './simulate.ts';

/** Requests whose latencies make a tail, at least: in a run of fewer, chance decides its tail, so several are averaged. */
const FEWEST_REQUESTS = 1000;
const MOST_RUNS = 16;
/** Requests of a steady loop; one stream alone repeats itself. */
const STEADY = { alone: 32, least: 2000, perStream: 8 };

/**
 * What the scheduler does with a load, often enough for its tails: a burst as it was driven, with several draws of its lengths
 * where it has few requests; a steady loop over some thousand requests. Empty for one batch, which has no tails.
 */
export function tailSchedules(
  card: ModelCard,
  p: RooflineParameters,
  settings: EngineSettings,
  shape: ClosedLoopShape,
): Schedule[] {
  const engine = servedWith(settings, shape);
  const { driving, concurrency } = shape;
  if (driving?.kind === 'batch') return [];
  const attention = new AttentionWork(card, engine.speculation, engine.padding);
  const pricer = new StepPricer(card, p, engine.tensorParallel, engine.speculation);
  const load = loadOf(card, p, engine, shape);
  const steady = driving?.kind !== 'burst' && driving?.kind !== 'open';
  const many = concurrency === 1 ? STEADY.alone : Math.max(STEADY.least, STEADY.perStream * concurrency);
  const measuredRequests = steady ? many : load.measuredRequests;
  const runs = steady ? 1 : Math.min(MOST_RUNS, Math.ceil(FEWEST_REQUESTS / measuredRequests));
  return Array.from({ length: runs }, (_, run) =>
    simulate(attention, pricer, engine, {
      ...load,
      measuredRequests,
      seed: load.seed + run,
      drawsAcceptance: true,
    }),
  );
}
