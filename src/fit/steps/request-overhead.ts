import { errorFunction } from 'simple-statistics';
import type { EngineSteps } from '../../measure/steps/step-columns.ts';
import type { Measured } from '../measured.ts';

/** Bounds of the time from a request's sending until the scheduler knows it, s. */
export interface JoinBounds {
  readonly above_s: number;
  readonly most_s: number;
}

/**
 * What each prompt tells about the way to the scheduler: it was not there when the step before the one that completed it began,
 * since it would have fitted into it beside those ahead of it, and it was there when its own began.
 */
export function joinBounds(steps: EngineSteps, budget: number): JoinBounds[] {
  const byStep = Map.groupBy(steps.prompts, ({ step }) => step);
  const completedIn = (step: number): number =>
    (byStep.get(step) ?? []).reduce((sum, { tokens }) => sum + tokens, 0);
  return [...byStep].flatMap(([step, prompts]) => {
    if (step < 2 || steps.after_idle[step] || steps.after_idle[step - 1]) return [];
    let room = budget - steps.decodes[step - 1]! - completedIn(step - 1);
    const inOrder = [...prompts].sort((a, b) => a.sent_s - b.sent_s);
    return inOrder.flatMap(({ tokens, sent_s }): JoinBounds[] => {
      room -= tokens;
      const most_s = steps.begin_s[step]! - sent_s;
      if (room < 0 || most_s <= 0) return [];
      return [{ above_s: Math.max(0, steps.begin_s[step - 1]! - sent_s), most_s }];
    });
  });
}

const FEWEST_PROMPTS = 8;
const MOST_PROMPTS = 600;
/** Spreads of the overhead from request to request that are tried, of the logarithm. */
const SPREADS = [0.01, 0.03, 0.1, 0.2, 0.3, 0.5];
const LEAST_S = 1e-4;
const MOST_S = 2;
/** A prompt that something else held up says nothing: so many are thought possible. */
const HELD_UP_SHARE = 0.03;
/** Stamps come so late themselves at least, s: nothing tells that from the overhead. */
const STAMP_LATENESS_S = 0.2e-3;

/**
 * Mean request overhead and its relative error, from what prompts tell; null with too few. Log-normal from request to request.
 * @param late_s what stamps of this cell may be late by, s
 */
export function requestOverhead(bounds: readonly JoinBounds[], late_s = 0): Measured | null {
  if (bounds.length < FEWEST_PROMPTS) return null;
  const stride = Math.ceil(bounds.length / MOST_PROMPTS);
  const logs = bounds
    .filter((_, i) => i % stride === 0)
    .map(({ above_s, most_s }) => [Math.log(Math.max(above_s, LEAST_S / 100)), Math.log(most_s)] as const);
  const [low, high] = [Math.log(LEAST_S), Math.log(MOST_S)];
  const coarse = posterior(logs, low, high, 200);
  const half = Math.max(4 * coarse.sd, (high - low) / 100);
  const { mean, sd } = posterior(logs, coarse.mean - half, coarse.mean + half, 200);
  const seconds = Math.exp(mean);
  return { seconds, relative_error: Math.hypot(Math.max(STAMP_LATENESS_S, late_s) / seconds, sd) };
}

/** Mean and standard deviation of the logarithm of the mean overhead under a flat prior over a range. */
function posterior(logs: readonly (readonly [number, number])[], low: number, high: number, points: number) {
  const found: { readonly at: number; readonly log: number }[] = [];
  for (let i = 0; i <= points; i += 1) {
    const middle = low + ((high - low) * i) / points;
    for (const spread of SPREADS)
      found.push({ at: middle + spread ** 2 / 2, log: logLikelihood(logs, middle, spread) });
  }
  const top = Math.max(...found.map(({ log }) => log));
  const weights = found.map(({ log }) => Math.exp(log - top));
  const total = weights.reduce((a, b) => a + b, 0);
  const mean = found.reduce((sum, { at }, i) => sum + at * weights[i]!, 0) / total;
  const variance = found.reduce((sum, { at }, i) => sum + (at - mean) ** 2 * weights[i]!, 0) / total;
  return { mean, sd: Math.sqrt(variance + ((high - low) / points) ** 2 / 12) };
}

function logLikelihood(logs: readonly (readonly [number, number])[], middle: number, spread: number): number {
  const below = (log: number): number => (1 + errorFunction((log - middle) / (spread * Math.SQRT2))) / 2;
  let sum = 0;
  for (const [above, most] of logs)
    sum += Math.log(HELD_UP_SHARE + (1 - HELD_UP_SHARE) * Math.max(0, below(most) - below(above)));
  return sum;
}
