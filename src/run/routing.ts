import type { Reason } from '../measure/reasons.ts';
import { judgeRouting } from '../measure/verdict.ts';
import { sameLoad } from '../plan/closed-loop-cell.ts';
import type { PromptKind } from '../suite/sampling.ts';
import type { CellRecord } from './schema.ts';
import { withReason } from './with-reason.ts';

const usable = (record: CellRecord): boolean => record.metrics !== null && record.verdict !== 'invalid';

/**
 * Judges whether one target's step time depends on what its prompts are made of, and gives back the records whose reasons
 * changed by it: where the anchor differs between text and random ids, every cell of random ids is flagged.
 * @param suiteKind kind of prompt of the cells that name none
 */
export function applyRouting(records: readonly CellRecord[], suiteKind: PromptKind): CellRecord[] {
  const finding = findRouting(records);
  return records
    .map((record) => {
      const isRandom = (record.cell.prompt ?? suiteKind) === 'random_ids';
      return withReason(record, 'routing_sensitive', isRandom ? finding : null);
    })
    .filter((record, index) => record !== records[index]);
}

function findRouting(records: readonly CellRecord[]): Reason | null {
  for (const other of records.filter(({ cell }) => cell.prompt !== undefined)) {
    const anchor = records.find(
      ({ cell }) => cell.anchor === 'start' && cell.restart === undefined && sameLoad(cell, other.cell),
    );
    if (!anchor || !usable(anchor) || !usable(other)) continue;
    const finding = judgeRouting(anchor.metrics!, other.metrics!, other.cell.prompt!);
    if (finding) return finding;
  }
  return null;
}
