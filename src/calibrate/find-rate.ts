import { RidgeError } from '../errors.ts';
import type { CalibratedRate } from '../run/schema.ts';
import { CALIBRATION_LIMITS } from '../suite/thresholds.ts';
import {
  BENCH_TIMING,
  type BenchLoad,
  type BenchShape,
  type Measured,
  type NullBench,
} from './null-bench.ts';
import { tooBusy } from './passes.ts';
import { type Rung, searchRate } from './search-rate.ts';
import { distributionOf, stampErrors, trueRate } from './stamps.ts';

const FEWEST_STREAMS = 8;
/** A server that takes longer than this for a period of its streams is behind. */
const BEHIND = 1.05;

export interface RateOptions extends Pick<BenchLoad, 'outputTokens' | 'windowS'> {
  readonly firstStreams: number;
  /** Of each server. */
  readonly mostStreams: number;
  readonly refinements: number;
  rung(streams: number): void;
}

/**
 * The highest rate that a bench's client holds.
 * @throws RidgeError (exit 1) when it is late at any load: the host is busy
 */
export async function findRate(
  bench: NullBench,
  { servers, workersAServer }: BenchShape,
  { firstStreams, mostStreams, refinements, rung, ...load }: RateOptions,
): Promise<CalibratedRate> {
  const measure = async (streams: number): Promise<Rung | null> => {
    rung(streams);
    const measured = await bench.measure({ ...load, streams }).catch(withoutSockets);
    return measured && rungOf(streams, measured);
  };
  const found = await searchRate(measure, {
    firstStreams,
    fewestStreams: FEWEST_STREAMS,
    mostStreams: mostStreams * servers,
    limit: CALIBRATION_LIMITS.stamp_error_p99_ms.value / 1000,
    refinements,
  });
  const workers = workersAServer === 1 ? 1 : workersAServer * servers;
  if (found === null) throw tooBusy(`stamps are late at every load (${workers} workers)`);
  const { held, endedBy } = found;
  return {
    workers,
    servers,
    streams: held.streams,
    max_events_per_s: held.eventsPerSecond,
    stamp_error_p99_ms: 1000 * held.errorP99,
    ended_by: endedBy,
  };
}

function rungOf(streams: number, { pairs, window }: Measured): Rung {
  const rate = trueRate(pairs, window);
  const errors = distributionOf(stampErrors(pairs, window).stamps);
  return {
    streams,
    eventsPerSecond: rate?.eventsPerSecond ?? 0,
    errorP99: errors?.p99 ?? Number.POSITIVE_INFINITY,
    serverKeptUp: rate !== null && 1000 * rate.period <= BEHIND * BENCH_TIMING.periodMs,
  };
}

/** A load that has more streams than the host has sockets ends the search; what was held before stays true. */
function withoutSockets(error: unknown): null {
  if (error instanceof RidgeError) return null;
  throw error;
}
