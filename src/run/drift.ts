import type { Reason } from '../measure/reasons.ts';
import { judgeDrift } from '../measure/verdict.ts';
import { sameLoad } from '../plan/closed-loop-cell.ts';
import type { CellRecord } from './schema.ts';
import { withReason } from './with-reason.ts';

const sameShape = (a: CellRecord, b: CellRecord): boolean =>
  a.target === b.target && sameLoad(a.cell, b.cell) && a.cell.repeat === b.cell.repeat;

const usable = (record: CellRecord): boolean => record.metrics !== null && record.verdict !== 'invalid';

/**
 * Judges one target's drift from its anchors and gives back the records whose reasons changed by it: every cell of the
 * target is flagged when an anchor differs between start and end, and none any more when it no longer does.
 */
export function applyDrift(records: readonly CellRecord[]): CellRecord[] {
  const drift = findDrift(records);
  return records
    .map((record) => withReason(record, 'drift', drift))
    .filter((record, index) => record !== records[index]);
}

function findDrift(records: readonly CellRecord[]): Reason | null {
  // After a restart the server is another one: what differs then is no drift.
  for (const start of records.filter(({ cell }) => cell.anchor === 'start' && cell.restart === undefined)) {
    const end = records.find((record) => record.cell.anchor === 'end' && sameShape(start, record));
    if (!end || !usable(start) || !usable(end)) continue;
    const drift = judgeDrift(start.metrics!, end.metrics!);
    if (drift) return drift;
  }
  return null;
}
