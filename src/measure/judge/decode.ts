import { median } from '../../stats/sorted.ts';
import { decodedBatches } from '../decode-metrics.ts';
import { batchesOf } from '../decode-steps.ts';
import { type Case, invalid, type Judge, short } from './case.ts';

/** Batches too few, or with too few steps in which all of a batch decodes: prompts took as long as the answers. */
export const judgeDecodeSteps: Judge = (cell) => {
  if (cell.evidence.kind !== 'decode') return null;
  const { concurrency } = cell.evidence;
  const batches = decodedBatches(cell.measured, concurrency);
  const steps = median(batches.map((one) => one.steps)) ?? 0;
  const fewest = cell.thresholds.window_short_decode_steps;
  if (steps < fewest) {
    const message = `${short(steps)} steps between the last first token and the first finish of a batch, ${fewest} wanted`;
    return invalid('window_short', message, steps, fewest);
  }
  const all = batchesOf(cell.measured).length;
  // A batch whose requests did not meet is left out of TPOT; where most are, the others met by chance.
  if (2 * batches.length >= all) return null;
  const message = `${all - batches.length} of ${all} batches never decoded together`;
  return invalid('window_short', message, batches.length, all);
};

/** Seconds over which a batch's TPOT is taken, the median of the batches; null without any. */
export const typicalDecodeSpan = ({ evidence, measured }: Case): number | null =>
  median(decodedBatches(measured, evidence.concurrency).map((one) => one.span_s));
