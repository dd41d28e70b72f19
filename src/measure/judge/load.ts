import { littlesLawSd } from '../../plan/window.ts';
import { counted } from '../../plural.ts';
import type { Statistic } from '../../run/schema.ts';
import type { Thresholds } from '../../suite/thresholds.ts';
import type { CellEvidence } from '../evidence.ts';
import { withheldPercentiles } from '../goodput.ts';
import type { RequestTimeline } from '../timeline.ts';
import { asPercent, invalid, type Judge, reason, short } from './case.ts';

/** Clocks compare to a microsecond. */
const ROUNDING_S = 1e-6;

/**
 * Little's law, L = λW: a residual means that requests were lost, or that the window is not steady. An open loop may end with
 * more in flight than it began with; half a stay of the difference is no residual.
 */
export const judgeLittle: Judge = ({ evidence, measured, window, metrics, thresholds }) => {
  const n = measured.length;
  const inFlight = metrics.mean_concurrency;
  if (n === 0 || inFlight === null || inFlight === 0) return null;
  const arrivals = n / (window.closed_s - window.opened_s);
  const stay = measured.reduce((sum, request) => sum + request.ended_s - request.sent_s, 0) / n;
  const { open } = evidence;
  const gained =
    open === undefined ? 0 : inFlightAt(evidence, window.closed_s) - inFlightAt(evidence, window.opened_s);
  const cut = (gained * stay) / 2 / (window.closed_s - window.opened_s);
  const residual = Math.abs(inFlight - arrivals * stay + cut) / inFlight;
  const chance = chanceOf(evidence, measured, inFlight, stay);
  const limit = Math.max(
    thresholds.little_law_share,
    thresholds.little_law_requests / n,
    thresholds.little_law_deviations * chance,
  );
  if (residual < limit) return null;
  const figures = `L ${short(inFlight)}, λW ${short(arrivals * stay)} over ${counted(n, 'request')}`;
  return invalid('little_law', `${figures}: ${asPercent(residual)} apart`, residual, limit);
};

/**
 * Standard deviation of what the window's edges cut, as a share of L. Streams of a closed loop are released evenly and stay
 * alike, so that their cuts cancel; what a server that speculates accepts differs between requests, and scatters them.
 */
function chanceOf(
  { open, server }: CellEvidence,
  measured: readonly RequestTimeline[],
  inFlight: number,
  stay: number,
): number {
  if (open !== undefined) return littlesLawSd(inFlight, measured.length);
  if (!server?.delta.spec_drafts) return 0;
  const moment = (power: number): number =>
    measured.reduce((sum, { ended_s, sent_s }) => sum + ((ended_s - sent_s) / stay) ** power, 0) /
    measured.length;
  // Variance of what is left of a stay at a random time, over the squared mean stay: 1/12 where all are alike.
  const left = moment(3) / 3 - (moment(2) / 2) ** 2;
  return Math.sqrt(2 * inFlight * left) / measured.length;
}

const inFlightAt = ({ timelines }: CellEvidence, time: number): number =>
  timelines.filter(({ sent_s, ended_s }) => sent_s < time && ended_s >= time).length;

/** In-flight requests as the client saw them decide; the server's gauges only flag. */
export const judgeConcurrency: Judge = ({ evidence, metrics, thresholds }) => {
  const target = evidence.concurrency;
  const seen = metrics.mean_concurrency;
  if (seen !== null && Math.abs(seen - target) > thresholds.concurrency_off_target_share * target) {
    const message = `${short(seen)} requests in flight on average, ${target} wanted`;
    return invalid('concurrency_off_target', message, seen, target);
  }
  const { mean_running: running = null, mean_waiting: waiting = null } = evidence.server?.delta ?? {};
  // Of a pair, each server holds a part of them.
  if (running === null || evidence.pair !== undefined) return null;
  const held = running + (waiting ?? 0);
  const { concurrency_off_target_gauge_low_share: low, concurrency_off_target_gauge_high_share: high } =
    thresholds;
  // One request more or less is a matter of when the gauge was read.
  if (held >= low * target - 1 && held <= high * target + 1) return null;
  const message = `the server held ${short(held)} requests on average, ${target} wanted`;
  return reason('concurrency_off_target', 'flagged', 'use', message, held, target);
};

/** Streams that send together: bins of the requests sent vary more than chance allows. */
export const judgePhase: Judge = ({ evidence, window, measured, thresholds }) => {
  const { phase_locked_bins_per_residence, phase_locked_fewest_streams } = thresholds;
  const width = evidence.residence_s / phase_locked_bins_per_residence;
  const bins = width > 0 ? Math.floor((window.closed_s - window.opened_s + ROUNDING_S) / width) : 0;
  if (evidence.concurrency < phase_locked_fewest_streams || bins < 2) return null;
  const counts = new Array<number>(bins).fill(0);
  for (const request of measured) {
    const bin = Math.floor((request.sent_s - window.opened_s) / width);
    if (bin < bins) counts[bin]! += 1;
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / bins;
  if (mean === 0) return null;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / bins;
  const ratio = variance / mean;
  const most = mostPhase(evidence, thresholds);
  if (ratio <= most) return null;
  const message = `requests are sent in bursts: variance ${short(ratio)} x mean in bins of ${short(width)} s`;
  return invalid('phase_locked', message, ratio, most);
};

/**
 * Variance over mean up to which streams are out of phase. Prompts that one step completes send their next ones together by
 * nature, however they were released: of them only all streams in one bin, a state of its own with a longer wait, are locked.
 */
function mostPhase({ kind, concurrency }: CellEvidence, thresholds: Thresholds): number {
  const { phase_locked_bins_per_residence: bins, phase_locked_variance_to_mean: most } = thresholds;
  if (kind !== 'prefill') return most;
  const allInOne = concurrency * (1 - 1 / bins);
  return Math.max(most, thresholds.phase_locked_prefill_share * allInOne);
}

export const judgeWindow: Judge = ({ evidence, window, completed }) => {
  const seconds = window.closed_s - window.opened_s;
  if (seconds < evidence.residence_s - ROUNDING_S) {
    const message = `window of ${short(seconds)} s, shorter than one residence of ${short(evidence.residence_s)} s`;
    return invalid('window_short', message, seconds, evidence.residence_s);
  }
  const least = evidence.stop.min_requests;
  if (completed.length >= least) return null;
  return invalid(
    'window_short',
    `${counted(completed.length, 'request')}, ${least} wanted`,
    completed.length,
    least,
  );
};

export const judgeConvergence: Judge = ({ evidence, metrics, thresholds }) => {
  const slack = evidence.stoppedBy === 'converged' ? thresholds.not_converged_slack : 1;
  const limit = slack * evidence.stop.confidence_half_width;
  const ttft = evidence.kind === 'decode' ? null : metrics.ttft_ms;
  const shares = [relativeHalfWidth(ttft), relativeHalfWidth(metrics.tpot_ms)];
  const worst = Math.max(...shares.filter((share) => share !== null));
  if (!(worst > limit)) return null;
  const figure = Number.isFinite(worst)
    ? `half-width of ${asPercent(worst)}`
    : 'no half-width from one request';
  const message = `${figure}, ${asPercent(limit)} wanted, when the window closed (${evidence.stoppedBy})`;
  return reason('not_converged', 'flagged', 'use', message, Number.isFinite(worst) ? worst : null, limit);
};

/** Half-width as a share of the mean; infinite when a single sample gives none, null without the metric. */
function relativeHalfWidth(statistic: Statistic | null): number | null {
  if (statistic === null) return null;
  return statistic.half_width_95 === null
    ? Number.POSITIVE_INFINITY
    : statistic.half_width_95 / statistic.mean;
}

export const judgeSamples: Judge = ({ evidence, measured }) => {
  if (evidence.objectives === null) return null;
  const withheld = withheldPercentiles(measured, evidence.objectives);
  if (withheld.length === 0) return null;
  const message = `${measured.length} requests are too few for ${withheld.join(', ')}`;
  return reason('few_samples', 'note', 'use', message, measured.length, null);
};
