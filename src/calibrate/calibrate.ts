import { watchEventLoop } from '../event-loop-delay.ts';
import type { Calibration } from '../run/schema.ts';
import { CALIBRATION_LIMITS } from '../suite/thresholds.ts';
import { findRate } from './find-rate.ts';
import { type HostTimers, measureTimers } from './host-timers.ts';
import { BENCH_TIMING, type BenchShape, NullBench } from './null-bench.ts';
import { passFigures, passOf } from './passes.ts';
import { allCores, oneCore } from './plan-bench.ts';

/** How long a calibration takes. */
export interface CalibrationEffort {
  readonly timerRounds: number;
  readonly outputTokens: number;
  readonly passS: number;
  readonly rungS: number;
  readonly refinements: number;
  /** Of each null server. */
  readonly mostStreams: number;
}

/** About 40 s. */
export const FULL: CalibrationEffort = {
  timerRounds: 300,
  outputTokens: 48,
  passS: 4,
  rungS: 1.2,
  refinements: 2,
  mostStreams: 4096,
};
/** About 15 s, with rates to a factor of two. */
export const QUICK: CalibrationEffort = {
  timerRounds: 100,
  outputTokens: 24,
  passS: 1,
  rungS: 0.4,
  refinements: 0,
  mostStreams: 4096,
};

/** Streams of the two passes, and of the first load of the search. */
const PASS_STREAMS = 64;

export interface CalibrateOptions {
  readonly host: Calibration['host'];
  /** Those that this process may use. */
  readonly cores: number;
  readonly effort: CalibrationEffort;
  readonly now: () => Date;
  progress(what: string): void;
}

/**
 * Measures this process as the client of an LLM endpoint, against servers on this host that know when each token left.
 * @throws RidgeError (exit 1) when the host is too busy to say, (exit 3) when a server or a request fails
 */
export async function calibrate({
  host,
  cores,
  effort,
  now,
  progress,
}: CalibrateOptions): Promise<Calibration> {
  progress('timers');
  const timers = await measureTimers(effort.timerRounds);
  const rateOptions = (firstStreams: number, who: string) => ({
    outputTokens: effort.outputTokens,
    windowS: effort.rungS,
    refinements: effort.refinements,
    mostStreams: effort.mostStreams,
    firstStreams,
    rung: (streams: number) => progress(`rate of ${who}, ${streams} streams`),
  });
  const one = oneCore(cores);
  const { passes, rate } = await withBench(one, async (bench) => ({
    passes: await twoPasses(bench, effort, progress),
    rate: await findRate(bench, one, rateOptions(PASS_STREAMS, 'one worker')),
  }));
  const all = allCores(cores);
  const first = Math.max(PASS_STREAMS, Math.floor(rate.streams / 2));
  const rates = [rate];
  if (all !== null)
    rates.push(await withBench(all, (bench) => findRate(bench, all, rateOptions(first, 'all cores'))));
  return {
    calibrated_at: now().toISOString(),
    host,
    ...passes,
    timers: timersRecord(timers),
    stamp_error_limit_ms: CALIBRATION_LIMITS.stamp_error_p99_ms.value,
    rates,
  };
}

type PassesRecord = Pick<
  Calibration,
  'load' | 'ttft_bias' | 'stamp_error' | 'between_passes' | 'event_loop_delay'
>;

async function twoPasses(
  bench: NullBench,
  { outputTokens, passS }: CalibrationEffort,
  progress: (what: string) => void,
): Promise<PassesRecord> {
  const load = { streams: PASS_STREAMS, outputTokens, windowS: passS };
  const eventLoop = watchEventLoop();
  progress(`stamps of ${PASS_STREAMS} streams, first pass`);
  const first = passOf(await bench.measure(load));
  progress(`stamps of ${PASS_STREAMS} streams, second pass`);
  const second = passOf(await bench.measure(load));
  const event_loop_delay = eventLoop.stop();
  return {
    load: {
      streams: PASS_STREAMS,
      period_ms: BENCH_TIMING.periodMs,
      requests: first.requests + second.requests,
      events: first.events + second.events,
    },
    ...passFigures(first, second, event_loop_delay?.stolen_share),
    event_loop_delay,
  };
}

async function withBench<T>(shape: BenchShape, work: (bench: NullBench) => Promise<T>): Promise<T> {
  const bench = await NullBench.open(shape);
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

const timersRecord = ({ clockStep, lateP50, lateP99 }: HostTimers): Calibration['timers'] => ({
  clock_step_us: 1e6 * clockStep,
  late_p50_ms: 1000 * lateP50,
  late_p99_ms: 1000 * lateP99,
});
