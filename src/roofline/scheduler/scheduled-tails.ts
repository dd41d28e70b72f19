import type { ModelCard } from '../../model/card.ts';
import { quantile, sortSample } from '../../stats/sorted.ts';
import { gapTail, meanGap, type StepGaps, type StepSplit, splitOf } from '../gap-tail.ts';
import type { RooflineParameters } from '../parameters.ts';
import { type ClosedLoopShape, type EngineSettings, NO_EDGES, type ServingEdges } from '../serving.ts';
import { StepPricer } from '../step-pricer.ts';
import { AttentionWork } from '../step-work.ts';
import {
  type BurstStart,
  type LatencyTail,
  type LatencyTails,
  NO_START,
  NO_TRAITS,
  TAIL_QUANTILES,
  type TailTraits,
} from '../tails.ts';
import { eventEnds, type RequestLatencies, requestLatencies } from './request-latencies.ts';
import type { Schedule } from './schedule.ts';
import { tailSchedules } from './tail-schedules.ts';
import { tokenGaps } from './token-gaps.ts';

/** Runs of a load on a device: what their requests saw, apart from traits that only tails show. */
export interface PricedRun {
  readonly latencies: RequestLatencies;
  /** Requests of a burst's first queue. */
  readonly early: readonly boolean[];
  readonly gaps: StepGaps;
}

export function priceRuns(
  schedules: readonly Schedule[],
  card: ModelCard,
  p: RooflineParameters,
  {
    tensorParallel,
    speculation,
    padding,
  }: Pick<EngineSettings, 'tensorParallel' | 'speculation' | 'padding'>,
): PricedRun[] {
  const attention = new AttentionWork(card, speculation, padding);
  const pricer = new StepPricer(card, p, tensorParallel, speculation);
  return schedules.map((schedule) => {
    const ends = eventEnds(schedule, pricer);
    return {
      latencies: requestLatencies(schedule, ends),
      early: Array.from(schedule.sentEvent, (event, i) => event === 0 && schedule.sentOffset[i] === 0),
      gaps: tokenGaps(schedule, ends, attention, pricer),
    };
  });
}

export interface TailOptions {
  readonly edges?: ServingEdges | undefined;
  readonly traits?: TailTraits | undefined;
  /** Of bursts only. */
  readonly start?: BurstStart | undefined;
  /** What TPOT is known to be over what the scheduler has for it (`scheduledTpot`); default 1. */
  readonly tpotRatio?: number | undefined;
}

/** The edges act on the mean decode step, as in the means. */
const stretchOf = ({ concurrency, outputTokens }: ClosedLoopShape, edges: ServingEdges): number =>
  concurrency > 1 ? 1 + edges.decode_wait_steps / Math.max(1, outputTokens - 1) : 1;

/** TPOT of runs in the statistic of their driving, s; null where there is none. */
export function scheduledTpot(
  runs: readonly PricedRun[],
  shape: ClosedLoopShape,
  edges: ServingEdges,
): number | null {
  const bare = averaged(runs.map(({ latencies }) => tailOf(latencies.tpot)));
  if (bare === null) return null;
  const isMedian = shape.driving?.kind === 'burst' && shape.driving.statistic === 'median';
  return stretchOf(shape, edges) * (isMedian ? bare.quantiles[0]! : bare.mean);
}

/**
 * Tails that one run shows, averaged over runs of the same load.
 * @param runs at least one
 * @param wait seconds from sending to the engine that the runs lack
 */
export function tailsOf(
  runs: readonly PricedRun[],
  shape: ClosedLoopShape,
  tensorParallel: number,
  wait: number,
  { edges = NO_EDGES, traits = NO_TRAITS, start = NO_START, tpotRatio = 1 }: TailOptions = {},
): LatencyTails {
  const burst = shape.driving?.kind === 'burst' ? shape.driving : null;
  const bare = averaged(runs.map(({ latencies }) => tailOf(latencies.tpot)));
  const stretch = tpotRatio * stretchOf(shape, edges);
  const shared = shape.concurrency > 1 && bare !== null;
  const ownWait = wait + (shared ? edges.ttft_wait_steps * bare.mean : 0);
  // What the start takes a fitted mean already holds: other requests wait less for it.
  const known = burst?.statistic === 'mean' ? startShare(runs, start) : 0;
  const firstWait = Math.max(Math.min(0, ownWait), ownWait - known);
  const moved = (read: (run: PricedRun) => Float64Array, decode: number): LatencyTail | null =>
    averaged(
      runs.map((run) => {
        const { ttft } = run.latencies;
        return tailOf(
          read(run).map((value, i) => {
            const early = burst !== null && run.early[i];
            const first = early ? start.stall_s + start.queue_ratio * ttft[i]! : ttft[i]!;
            return firstWait + first + decode * (value - ttft[i]!);
          }),
        );
      }),
    );
  return {
    ttft: moved(({ latencies }) => latencies.ttft, 0),
    e2e: moved(({ latencies }) => latencies.e2e, stretch),
    tpot: bare && scaled(bare, stretch),
    tbt: gapsOf(runs, shape, tensorParallel, { edges, traits, tpotRatio }),
  };
}

/** The gaps between tokens alone, see `tailsOf`; null without any. */
export function gapsOf(
  runs: readonly PricedRun[],
  shape: ClosedLoopShape,
  tensorParallel: number,
  { edges = NO_EDGES, traits = NO_TRAITS, tpotRatio = 1 }: Omit<TailOptions, 'start'> = {},
): LatencyTail | null {
  const stretch = tpotRatio * stretchOf(shape, edges);
  return averaged(runs.map(({ gaps }) => gapTail(gaps, tensorParallel, traits, stretch * meanGap(gaps))));
}

/** Which steps the gaps are, see `tailsOf`: over all runs together; null without any. */
export function stepsOf(
  runs: readonly PricedRun[],
  shape: ClosedLoopShape,
  tensorParallel: number,
  { edges = NO_EDGES, traits = NO_TRAITS, tpotRatio = 1 }: Omit<TailOptions, 'start'> = {},
): StepSplit | null {
  const joined = (column: keyof StepGaps): Float64Array =>
    Float64Array.from(runs.flatMap(({ gaps }) => [...gaps[column]]));
  const gaps = { plain: joined('plain'), prompts: joined('prompts'), counts: joined('counts') };
  return splitOf(gaps, tensorParallel, traits, tpotRatio * stretchOf(shape, edges) * meanGap(gaps));
}

/** Seconds by which a start moves the mean TTFT of runs. */
export function startShare(runs: readonly PricedRun[], { stall_s, queue_ratio }: BurstStart): number {
  let [sum, requests] = [0, 0];
  for (const { latencies, early } of runs) {
    requests += early.length;
    early.forEach((is, i) => {
      if (is) sum += stall_s + (queue_ratio - 1) * latencies.ttft[i]!;
    });
  }
  return sum / requests;
}

/**
 * Tails of a closed or open loop by the event-skipping scheduler, in the protocol of `shape.driving`; some milliseconds a call.
 * Null for one batch, which has none.
 */
export function scheduledTails(
  card: ModelCard,
  p: RooflineParameters,
  engine: EngineSettings,
  shape: ClosedLoopShape,
  options: TailOptions = {},
): LatencyTails | null {
  const schedules = tailSchedules(card, p, engine, shape);
  if (schedules.length === 0) return null;
  const { tensorParallel } = engine;
  const runs = priceRuns(schedules, card, p, engine);
  return tailsOf(runs, shape, tensorParallel, p.request_overhead_s - schedules[0]!.arrivalSeconds, options);
}

const scaled = ({ mean, quantiles }: LatencyTail, factor: number): LatencyTail => ({
  mean: factor * mean,
  quantiles: quantiles.map((value) => factor * value),
});

function averaged(tails: readonly (LatencyTail | null)[]): LatencyTail | null {
  const found = tails.filter((tail) => tail !== null);
  if (found.length === 0) return null;
  const mean = (read: (tail: LatencyTail) => number): number =>
    found.reduce((sum, tail) => sum + read(tail), 0) / found.length;
  return {
    mean: mean((tail) => tail.mean),
    quantiles: TAIL_QUANTILES.map((_, i) => mean((tail) => tail.quantiles[i]!)),
  };
}

/** NaN values do not count. */
function tailOf(values: Float64Array): LatencyTail | null {
  const sample = sortSample(Array.from(values).filter((value) => !Number.isNaN(value)));
  if (sample === null) return null;
  return {
    mean: sample.reduce((sum, value) => sum + value, 0) / sample.length,
    quantiles: TAIL_QUANTILES.map((q) => quantile(sample, q)),
  };
}
