import { slopeTest } from '../../stats/slope.ts';
import { tpot, ttft } from '../latency.ts';
import type { Reason } from '../reasons.ts';
import type { RequestTimeline } from '../timeline.ts';
import { meanInFlight } from '../window-totals.ts';
import { asPercent, type Case, type Judge, reason } from './case.ts';

/** Slices of the window in which the mean in-flight is compared. */
const SLICES = 16;

/** A trend that is both significant and large, or a warm-up that was cut short. */
export const judgeSteadiness: Judge = (cell) => {
  if (cell.evidence.warmUpCapped) return cappedWarmUp();
  const { open } = cell.evidence;
  if (open?.arrivals.process === 'trace') return null;
  const { unsteady_change_share, unsteady_in_flight_share, unsteady_open_share } = cell.thresholds;
  const { unsteady_p_value: pValue } = cell.thresholds;
  const change = open === undefined ? unsteady_change_share : unsteady_open_share;
  const inFlightChange = open === undefined ? unsteady_in_flight_share : unsteady_open_share;
  return (
    trend('in-flight', inFlightSeries(cell), inFlightChange, pValue) ??
    trend('TTFT', latencySeries(cell.completed, ttft), change, pValue) ??
    trend('TPOT', latencySeries(cell.completed, tpot), change, pValue)
  );
};

export function cappedWarmUp(): Reason {
  return reason('unsteady', 'flagged', 'exclude', 'the warm-up ended at its cap');
}

interface Series {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

function trend(what: string, { x, y }: Series, leastChange: number, pValue: number): Reason | null {
  const test = slopeTest(x, y);
  if (test === null || test.mean === 0 || !(test.pValue < pValue)) return null;
  const share = test.change / test.mean;
  if (!(Math.abs(share) > leastChange)) return null;
  const message = `${what} changes by ${asPercent(share)} of its mean over the window`;
  return reason('unsteady', 'flagged', 'exclude', message, share, leastChange);
}

function inFlightSeries({ evidence, window }: Case): Series {
  const width = (window.closed_s - window.opened_s) / SLICES;
  const x = Array.from({ length: SLICES }, (_, slice) => slice);
  const y = x.map((slice) => {
    const opened_s = window.opened_s + slice * width;
    return meanInFlight(evidence.timelines, { opened_s, closed_s: opened_s + width });
  });
  return { x, y };
}

function latencySeries(
  requests: readonly RequestTimeline[],
  latency: (request: RequestTimeline) => number | null,
): Series {
  const known = requests.filter((request) => latency(request) !== null);
  return { x: known.map((request) => request.sent_s), y: known.map((request) => latency(request)!) };
}
