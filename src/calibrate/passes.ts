import { EXIT, RidgeError } from '../errors.ts';
import type { Calibration } from '../run/schema.ts';
import { CALIBRATION_LIMITS } from '../suite/thresholds.ts';
import type { Measured } from './null-bench.ts';
import { distributionOf, type StampErrors, stampErrors } from './stamps.ts';

/** What a load without haste showed, s. */
export interface Pass extends StampErrors {
  readonly requests: number;
  readonly events: number;
}

/** Two clocks of one host agree to a microsecond or so, see `host-clock.ts`. */
const CLOCK_AGREEMENT_S = 50e-6;

/** @throws RidgeError (exit 1) when no token left in the window, (exit 3) when one was seen before it left */
export function passOf({ pairs, window }: Measured): Pass {
  const errors = stampErrors(pairs, window);
  const earliest = distributionOf(errors.stamps)?.min;
  if (earliest === undefined || errors.ttftBias.length === 0)
    throw tooBusy('its window passed without a token');
  if (earliest < -CLOCK_AGREEMENT_S) {
    throw new RidgeError(
      `a token was stamped ${Math.round(-1e6 * earliest)} µs before it left: the monotonic clocks of two processes differ on this host`,
      { exitCode: EXIT.failed, mend: 'No latency that is measured here can be trusted.' },
    );
  }
  return { ...errors, requests: errors.ttftBias.length, events: errors.stamps.length };
}

export type PassFigures = Pick<Calibration, 'ttft_bias' | 'stamp_error' | 'between_passes'>;

/**
 * The figures of both passes together.
 * @param stolenShare see `stolenShare`; the cause that is named where it is large
 * @throws RidgeError (exit 1) when the two differ too much, or stamps are late already here: the host is busy
 */
export function passFigures(first: Pass, second: Pass, stolenShare = 0): PassFigures {
  const [biasMean, errorP99] = [meanBias, lateStamps].map((of) => [of(first), of(second)] as const);
  const difference = differenceOf('mean TTFT bias', biasMean!) ?? differenceOf('stamp error p99', errorP99!);
  if (difference !== null) throw tooBusy(difference, stolenShare);
  const bias = distributionOf([...first.ttftBias, ...second.ttftBias])!;
  const stamps = distributionOf([...first.stamps, ...second.stamps])!;
  const limit = CALIBRATION_LIMITS.stamp_error_p99_ms.value;
  if (1000 * stamps.p99 > limit)
    throw tooBusy(`stamps are late by ${milliseconds(stamps.p99)} (p99) at a light load`, stolenShare);
  return {
    ttft_bias: {
      mean_ms: 1000 * bias.mean,
      standard_deviation_ms: 1000 * bias.standardDeviation,
      p99_ms: 1000 * bias.p99,
    },
    stamp_error: { p50_ms: 1000 * stamps.p50, p99_ms: 1000 * stamps.p99, max_ms: 1000 * stamps.max },
    between_passes: { ttft_bias_mean_ms: apart(biasMean!), stamp_error_p99_ms: apart(errorP99!) },
  };
}

type Both = readonly [first: number, second: number];

const meanBias = ({ ttftBias }: Pass): number => distributionOf(ttftBias)!.mean;
const lateStamps = ({ stamps }: Pass): number => distributionOf(stamps)!.p99;
const apart = ([first, second]: Both): number => 1000 * Math.abs(first - second);
const milliseconds = (seconds: number): string => `${(1000 * seconds).toFixed(2)} ms`;

/** What is to be said where two passes differ too much. */
function differenceOf(what: string, both: Both): string | null {
  const { between_passes_share: share, between_passes_ms: least } = CALIBRATION_LIMITS;
  const allowed = Math.max(least.value, 1000 * share.value * Math.min(...both));
  return apart(both) <= allowed
    ? null
    : `two passes differ in ${what}: ${both.map(milliseconds).join(' and ')}`;
}

/** Share of its cores' time from which on a hypervisor that takes it is named. */
const STOLEN = 0.05;

export const tooBusy = (why: string, stolenShare = 0): RidgeError =>
  new RidgeError(`this host is too busy to calibrate: ${why}`, {
    exitCode: EXIT.refused,
    mend:
      stolenShare < STOLEN
        ? 'End other work on it and run ridge calibrate again; nothing was saved.'
        : `The hypervisor took ${Math.round(100 * stolenShare)} % of its cores' time (steal): try again when its other guests rest; nothing was saved.`,
  });
