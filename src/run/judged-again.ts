import { counted } from '../plural.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import { type ThresholdOverrides, thresholdsOf } from '../suite/thresholds.ts';
import type { RunRecord } from './read-run.ts';
import { rejudge } from './rejudge.ts';
import type { CellRecord } from './schema.ts';
import type { RunStore } from './store.ts';

/**
 * The finished cells of a run by the thresholds that it goes on with: where these changed, every cell is judged again from
 * its raw record, and a line that changed is appended.
 */
export async function judgedAgain(
  store: Pick<RunStore, 'appendCell'>,
  { folder, run, records }: Pick<RunRecord, 'folder' | 'run' | 'records'>,
  to: ThresholdOverrides | undefined,
): Promise<{ records: readonly CellRecord[]; warnings: readonly string[] }> {
  const from = run.suite.content.thresholds;
  if (canonicalJson(thresholdsOf(from)) === canonicalJson(thresholdsOf(to))) return { records, warnings: [] };
  const judged: CellRecord[] = [];
  let unknown = 0;
  let changed = 0;
  for (const record of records) {
    const again = await rejudge(folder, record, { from, to });
    if (again === null) unknown += 1;
    if (again === null || canonicalJson(again) === canonicalJson(record)) {
      judged.push(record);
      continue;
    }
    changed += 1;
    await store.appendCell(again);
    judged.push(again);
  }
  const left = unknown === 0 ? '' : `; ${counted(unknown, 'cell')} cannot be judged again from the record`;
  const message = `the suite's thresholds changed: ${counted(changed, 'finished cell')} of ${records.length} judged otherwise${left}`;
  return { records: judged, warnings: [message] };
}
