import { median } from '../../stats/sorted.ts';
import { tokensAfterFirst, tpot } from '../latency.ts';
import type { Reason } from '../reasons.ts';
import { chunksArrived } from '../window-totals.ts';
import { asPercent, type Case, type Judge, reason, short } from './case.ts';
import { typicalDecodeSpan } from './decode.ts';

/** Share of its time that a client is kept off its cores from which on that is named as the cause. */
const SHORT_OF_CORES = 0.05;

/** A client that reads its sockets too late measures itself: its stamps' own bound is compared with what they measure. */
export const judgeClientBound: Judge = (cell) =>
  (cell.evidence.kind === 'decode' ? decodeBound(cell) : (ttftBound(cell) ?? tpotBound(cell))) ??
  eventRate(cell);

function ttftBound(cell: Case): Reason | null {
  const { metrics, bounds, thresholds } = cell;
  const mean = metrics.ttft_ms?.mean ?? 0;
  if (bounds.ttft_p99 === null || mean <= 0) return null;
  return tooLarge(cell, 'TTFT', (1000 * bounds.ttft_p99) / mean, thresholds.client_bound_ttft_share);
}

/** A batch's TPOT is all that is taken from it. */
function decodeBound(cell: Case): Reason | null {
  const span = typicalDecodeSpan(cell);
  if (cell.bounds.chunk_p99 === null || span === null || span <= 0) return null;
  return tooLarge(
    cell,
    'the time that TPOT is taken over',
    cell.bounds.chunk_p99 / span,
    cell.thresholds.client_bound_tpot_share,
  );
}

function tpotBound(cell: Case): Reason | null {
  const { completed, bounds, thresholds } = cell;
  const spans = completed
    .filter((request) => tokensAfterFirst(request) >= thresholds.client_bound_tpot_fewest_tokens)
    .map((request) => tpot(request)! * tokensAfterFirst(request));
  const typical = median(spans);
  if (bounds.chunk_p99 === null || typical === null || typical <= 0) return null;
  return tooLarge(
    cell,
    'the time that TPOT is taken over',
    bounds.chunk_p99 / typical,
    thresholds.client_bound_tpot_share,
  );
}

/** Beyond the rate that the host was calibrated for, nothing is known about the stamps. */
function eventRate({ evidence, window, thresholds }: Case): Reason | null {
  const { calibration = null, timelines } = evidence;
  const seconds = window.closed_s - window.opened_s;
  if (calibration === null || seconds <= 0) return null;
  const rate = chunksArrived(timelines, window) / seconds;
  const limit = thresholds.client_bound_event_rate_share * calibration.max_events_per_s;
  if (rate <= limit) return null;
  const message = `${short(rate)} chunks a second; this host was calibrated up to ${short(limit)}`;
  return reason('client_bound', 'flagged', 'exclude', message, rate, limit);
}

function tooLarge(cell: Case, what: string, share: number, limit: number): Reason | null {
  if (share < limit) return null;
  const message = `stamps may be late by ${asPercent(share)} of ${what}${shortOfCores(cell)}`;
  return reason('client_bound', 'flagged', 'exclude', message, share, limit);
}

/** A busy neighbour can be sent away, another guest of the same machine cannot; a client that is too slow by itself needs other help. */
function shortOfCores({ evidence }: Case): string {
  const { core_wait_share: waited = 0, stolen_share: stolen = 0 } = evidence.eventLoopDelay ?? {};
  if (Math.max(waited, stolen) < SHORT_OF_CORES) return '';
  return waited >= stolen
    ? `: the client waited ${asPercent(waited)} of the time for a core; keep other work, the server too, off one (taskset)`
    : `: the hypervisor took ${asPercent(stolen)} of its cores' time (steal); measure when its other guests rest, or from another host`;
}
