import { findStall } from '../stalls.ts';
import { invalid, type Judge, short } from './case.ts';

/** While a shape is first seen, a gap far above the median of its kind is taken for a compilation. */
export const judgeCompileStall: Judge = ({ evidence, measured, thresholds }) => {
  if (!evidence.firstOfShape) return null;
  const limit = thresholds.compile_stall_gap_to_median;
  const inFlight = evidence.open === undefined ? null : evidence.concurrency;
  const found = findStall(evidence.timelines, measured, inFlight, limit);
  if (found === null) {
    // The requests that were still in flight may have made a stall look usual.
    const ended = evidence.stoppedBy === 'stalled';
    return ended ? invalid('compile_stall', 'a second stall ended the window', null, limit) : null;
  }
  const { where, gap_s, times_usual } = found;
  const message = `a gap of ${short(1000 * gap_s)} ms ${where}, ${short(times_usual)} x the usual: a compilation?`;
  return invalid('compile_stall', message, times_usual, limit);
};
