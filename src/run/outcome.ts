import { EXIT, type ExitCode } from '../errors.ts';
import { endpointFailed } from './lane.ts';
import type { CellRecord } from './schema.ts';

export interface RunCounts {
  readonly valid: number;
  readonly flagged: number;
  readonly invalid: number;
  /** Without a verdict, or with one that only says that the endpoint failed. */
  readonly not_measured: number;
}

/** Verdicts of the planned cells. */
export function countVerdicts(records: readonly CellRecord[], withoutRecord: number): RunCounts {
  const measured = records.filter((record) => !endpointFailed(record));
  const count = (verdict: CellRecord['verdict']): number =>
    measured.filter((record) => record.verdict === verdict).length;
  return {
    valid: count('valid'),
    flagged: count('flagged'),
    invalid: count('invalid'),
    not_measured: records.length - measured.length + withoutRecord,
  };
}

/**
 * 3 when a cell could not be measured, else 1 when no cell is valid, else 0. A drift is a finding about the whole run: it
 * flags every cell, and does not make a measured run one without a valid cell.
 */
export function exitCodeOf(counts: RunCounts, records: readonly CellRecord[]): ExitCode {
  if (counts.not_measured > 0) return EXIT.failed;
  const valid = records.some(({ reasons }) =>
    reasons.every(({ code, effect }) => effect === 'note' || code === 'drift'),
  );
  return valid ? EXIT.done : EXIT.refused;
}
