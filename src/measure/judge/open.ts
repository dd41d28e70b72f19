import type { Overload } from '../overload.ts';
import type { Reason } from '../reasons.ts';
import { dueInside, scheduleDelays } from '../scheduled.ts';
import { asPercent, invalid, type Judge, reason, short } from './case.ts';

/** A client that sends late offers another load than it was asked for. */
export const judgeScheduleLag: Judge = ({ evidence, measured, metrics, thresholds }) => {
  if (evidence.open === undefined) return null;
  const delays = scheduleDelays(measured);
  if (!delays) return null;
  const limit = Math.max(
    thresholds.schedule_lag_ms,
    thresholds.schedule_lag_share * (metrics.ttft_ms?.mean ?? 0),
  );
  if (!(delays.p99 > limit)) return null;
  const message = `p99 of sent - scheduled is ${short(delays.p99)} ms, ${short(limit)} ms allowed`;
  return invalid('schedule_lag', message, delays.p99, limit);
};

/** Sent in the window against due in it: chance, which decides how many were due, is no shortfall. */
export const judgeRate: Judge = ({ evidence, measured, window, thresholds }) => {
  if (evidence.open === undefined) return null;
  const due = dueInside(evidence.timelines, window);
  const share = due === 0 ? 1 : measured.length / due;
  const limit = thresholds.rate_not_reached_share;
  if (share >= limit) return null;
  const seconds = window.closed_s - window.opened_s;
  const message = `${short(measured.length / seconds)} requests/s were sent, ${short(due / seconds)} were due: ${asPercent(share)}`;
  return reason('rate_not_reached', 'flagged', 'use', message, share, limit);
};

/** Why nothing of an overloaded loop is averaged, with the slope that shows it. */
export function overloadReason(overload: Overload, rate: number): Reason {
  const { cause, in_flight, growth_per_s, served_per_s, after_s } = overload;
  const figures = `${short(rate)} requests/s arrive, ${short(served_per_s)}/s are served, in-flight grows by ${short(growth_per_s)}/s to ${in_flight} in ${short(after_s)} s`;
  const message =
    cause === 'growing'
      ? `overloaded: ${figures}`
      : `overloaded, the bound on in-flight is reached: ${figures}`;
  return reason('unsteady', 'flagged', 'exclude', message, growth_per_s, null);
}
