import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { RidgeError } from '../errors.ts';
import { writeError } from '../run/write-file.ts';
import { type GridBlock, type Suite, suiteSchema } from '../suite/schema.ts';
import type { NextCells } from './plan-next-cells.ts';

/** A suite of the chosen cells, each on the tensor parallel size that it was chosen for. */
export function nextSuite({ cells, conditions }: NextCells, from: Suite | null): Suite {
  const grid = cells.map(
    ({ candidate: { cell, engine } }): GridBlock => ({
      input: [cell.input_tokens],
      output: [cell.output_tokens],
      load: { concurrency: [cell.concurrency] },
      anchor: false,
      hold_out: false,
      tensor_parallel: [engine.tensorParallel],
    }),
  );
  const { models, objectives } = from ?? {};
  return suiteSchema.parse({
    schema_version: 1,
    name: from === null ? 'next' : `${from.name}-next`,
    description: 'Cells that a fit lacks most, as ridge plan --next chose them.',
    ...(models && { models }),
    grid,
    protocol: conditions.protocol,
    stop: conditions.stop,
    ...(objectives && { objectives }),
  });
}

/**
 * Writes the chosen cells as a suite file; nothing where none was chosen.
 * @throws RidgeError (exit 2) when a file is there, or the disk refuses
 */
export async function writeNextSuite(file: string, next: NextCells, from: Suite | null): Promise<void> {
  if (next.cells.length === 0) return;
  try {
    await writeFile(file, stringify(nextSuite(next, from), { flow: false }), { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(file, cause);
    throw new RidgeError('a file is there already', {
      where: file,
      mend: 'Give another name with --out.',
      cause,
    });
  }
}
