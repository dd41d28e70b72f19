import type { Reason, ReasonCode } from '../measure/reasons.ts';
import { verdictOf } from '../measure/verdict.ts';
import type { CellRecord } from './schema.ts';

/** The record with this finding in the place of its former one of the same code, judged anew; itself when nothing changes. */
export function withReason(record: CellRecord, code: ReasonCode, reason: Reason | null): CellRecord {
  const before = record.reasons.find((one) => one.code === code);
  if (before?.message === reason?.message) return record;
  const others = record.reasons.filter((one) => one.code !== code);
  const reasons = reason ? [...others, reason] : others;
  return { ...record, reasons, verdict: verdictOf(reasons) };
}
