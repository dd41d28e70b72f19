import { counted } from '../../plural.ts';
import { mostStepsOff } from '../steps/step-check.ts';
import { asPercent, type Judge, reason } from './case.ts';

/** Steps that are not the server's own, one by one, are no evidence; the cell's means still are. */
export const judgeSteps: Judge = ({ steps, thresholds }) => {
  const { checked_count: seen, server_count: served } = steps;
  if (steps.resolved !== false || seen === null || served === null) return null;
  const off = Math.abs(seen - served);
  const share = served === 0 ? '' : ` (${asPercent(off / served)} apart)`;
  const message = `${counted(seen, 'engine step')} in the stamps, ${served} by the server${share}: only means are used`;
  return reason('steps_unresolved', 'note', 'use', message, off, mostStepsOff(served, thresholds));
};
