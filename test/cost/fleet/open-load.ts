import { requestsOf, tpotOf, ttftOf } from '../../../src/cost/fleet/requests.ts';
import type { Service } from '../../../src/cost/fleet/service.ts';
import { modelOf, settingsFor } from '../../../src/fitfile/apply.ts';
import type { Fit } from '../../../src/fitfile/schema.ts';
import { eventEnds, requestLatencies } from '../../../src/roofline/scheduler/request-latencies.ts';
import { type SimulatedLoad, simulate } from '../../../src/roofline/scheduler/simulate.ts';
import { StepPricer } from '../../../src/roofline/step-pricer.ts';
import { AttentionWork } from '../../../src/roofline/step-work.ts';
import { drawGaps } from '../../../src/stats/gaps.ts';
import { childSeed, createRandom } from '../../../src/stats/random.ts';
import { alone } from './alone.ts';
import { columnsOf } from './servers.ts';

export interface OpenLoad {
  readonly rate: number;
  readonly input: number;
  readonly output: number;
  /** Requests whose latencies count. */
  readonly count: number;
}

/** Mean latencies, s. */
export interface Latencies {
  readonly ttft: number;
  readonly tpot: number;
}

const ARRIVALS = { process: 'poisson', burstiness: null } as const;
const SEED = 3;
/** They keep the load up behind the last one that counts. */
const BEHIND = 200;

const mean = (count: number, of: (one: number) => number): number =>
  Array.from({ length: count }, (_, one) => of(one)).reduce((sum, one) => sum + one / count, 0);

/** Prompts and answers of one length that come at random, for the scheduler of predictions. */
export const scheduledLoad = ({ rate, input, output, count }: OpenLoad): SimulatedLoad => ({
  inputTokens: input,
  outputTokens: output,
  inputJitter: [1, 1],
  outputJitter: [1, 1],
  streams: 1,
  turnAroundSeconds: 0,
  arrivalSeconds: 0,
  releaseSeconds: 0,
  warmUpRequests: 0,
  measuredRequests: count,
  holdsLoad: true,
  seed: SEED,
  arrivals: { ...ARRIVALS, ratePerSecond: rate },
});

/** The same arrivals, for a fleet. */
export function rowsOf({
  rate,
  input,
  output,
  count,
}: OpenLoad): [at: number, input: number, output: number][] {
  const gap = drawGaps(ARRIVALS, createRandom(childSeed(SEED, 2)));
  let at = 0;
  return Array.from({ length: count + BEHIND }, () => {
    at += gap() / rate;
    return [at, input, output];
  });
}

/** What the scheduler of predictions does with requests that arrive at random on four devices of a fit. */
export function byScheduler(fit: Fit, load: OpenLoad): Latencies {
  const { card, parameters } = modelOf(fit);
  const pricer = new StepPricer(card, parameters, 4);
  const { count } = load;
  const schedule = simulate(new AttentionWork(card), pricer, settingsFor(fit, 4), scheduledLoad(load));
  const { ttft, tpot } = requestLatencies(schedule, eventEnds(schedule, pricer));
  return { ttft: mean(count, (one) => ttft[one]!), tpot: mean(count, (one) => tpot[one]!) };
}

/** What one server of a fleet does with the same arrivals. */
export function byWorker(server: Service, load: OpenLoad): Latencies {
  const { count } = load;
  const done = alone(requestsOf(columnsOf(rowsOf(load))), server);
  return { ttft: mean(count, (one) => ttftOf(done, one)), tpot: mean(count, (one) => tpotOf(done, one)!) };
}
