import { join } from 'node:path';
import { CELLS_FILE, type RunRecord, readRun } from '../run/read-run.ts';

/**
 * Reads runs and says on stderr which lines of their cells are damaged: those cells count as not measured.
 * @throws RidgeError, see `readRun`
 */
export async function readRuns(folders: readonly string[]): Promise<RunRecord[]> {
  const runs = await Promise.all(folders.map((folder) => readRun(folder)));
  for (const warning of runs.flatMap(damage)) console.error(`ridge: ${warning}`);
  return runs;
}

function damage({ folder, torn, warnings }: RunRecord): string[] {
  if (torn.trim() === '') return [...warnings];
  const cut = `${join(folder, CELLS_FILE)}: the last line is cut off; left out, the cell counts as not measured`;
  return [...warnings, cut];
}
