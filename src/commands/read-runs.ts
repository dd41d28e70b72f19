import { join } from 'node:path';
import { implausible } from '../run/check-cells.ts';
import { describe } from '../run/lane.ts';
import { CELLS_FILE, type RunRecord, readRun } from '../run/read-run.ts';

/**
 * Reads runs and says on stderr which lines of their cells are damaged, and which cells have figures that no measurement can
 * have: those count as not measured.
 * @throws RidgeError, see `readRun`
 */
export async function readRuns(folders: readonly string[]): Promise<RunRecord[]> {
  const runs = await Promise.all(folders.map((folder) => readRun(folder)));
  for (const warning of runs.flatMap(damage)) console.error(`ridge: ${warning}`);
  return runs.map(withoutImplausible);
}

function withoutImplausible(one: RunRecord): RunRecord {
  const records = one.records.filter((record) => {
    const [problem] = implausible(record, one.run);
    if (problem === undefined) return true;
    console.error(
      `ridge: ${one.folder}: ${record.target}: ${describe(record.cell)}: ${problem}; left out, the cell counts as not measured`,
    );
    return false;
  });
  return { ...one, records };
}

function damage({ folder, torn, warnings }: RunRecord): string[] {
  if (torn.trim() === '') return [...warnings];
  const cut = `${join(folder, CELLS_FILE)}: the last line is cut off; left out, the cell counts as not measured`;
  return [...warnings, cut];
}
