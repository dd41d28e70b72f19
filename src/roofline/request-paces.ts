import { probit } from 'simple-statistics';
import type { Loop } from './closed-form.ts';
import type { Meeting } from './meeting.ts';
import { PLACES, promptSecondsOf } from './ttft-parts.ts';

/** TPOT of requests of one length, equally likely values, s. */
export interface RequestPace {
  /** Tokens after the first one. */
  readonly steps: number;
  readonly tpot: readonly number[];
}

/**
 * TPOT by length, from how many prompts a request happens to meet.
 * @param jitter output lengths as shares of their mean
 */
export function pacesOf(
  { streams, outputTokens }: Loop,
  meeting: Meeting,
  tpotSeconds: number,
  jitter: readonly [number, number],
): RequestPace[] {
  const others = Math.max(0, streams - 1);
  const sd =
    promptSecondsOf(meeting) * Math.sqrt(others * metVariance(meeting, others, outputTokens, jitter));
  const tpot = NORMAL.map((z) => Math.max(0, tpotSeconds + (z * sd) / (outputTokens - 1)));
  return PLACES.map((place) => ({
    steps: outputTokens * (jitter[0] + place * (jitter[1] - jitter[0])) - 1,
    tpot,
  }));
}

/** A standard normal as equally likely values. */
const NORMAL: readonly number[] = PLACES.map((place) => probit(place));

/**
 * Variance of how many prompts of one other stream a request meets: between its own length and the other's cycle lies a whole
 * number of them or one more, and lengths vary.
 */
function metVariance(
  { met }: Meeting,
  others: number,
  outputTokens: number,
  [low, high]: readonly [number, number],
): number {
  if (others === 0) return 0;
  const usual = (met * (outputTokens - 1)) / others;
  const shares = PLACES.map((place) => low + place * (high - low));
  let [within, sum, squares] = [0, 0, 0];
  for (const own of shares) {
    for (const other of shares) {
      const met = (usual * own) / other;
      const part = met - Math.floor(met);
      within += (part * (1 - part)) / own ** 2;
      sum += usual / other;
      squares += (usual / other) ** 2;
    }
  }
  const count = shares.length ** 2;
  return within / count + Math.max(0, squares / count - (sum / count) ** 2);
}
