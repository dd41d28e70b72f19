import { type RunCells, stepsKey } from '../fit/from-runs.ts';
import { type RunRecord, readSteps } from '../run/read-run.ts';
import type { CellRecord } from '../run/schema.ts';

/**
 * Which cells are fitted by the engine's own steps. `auto`: those of runs that mix prompt lengths, whose means say little; `all`:
 * every cell; `none`: means alone.
 */
export const STEP_USES = ['auto', 'all', 'none'] as const;
export type StepUse = (typeof STEP_USES)[number];

/**
 * A run with the steps of its cells, as far as they may be used one by one: where their count is the server's own.
 * @throws RidgeError (exit 2) when a file of steps is missing or damaged
 */
export async function withSteps(
  record: RunRecord,
  use: StepUse,
): Promise<RunRecord & Pick<RunCells, 'steps'>> {
  const mixed = record.run.suite.content.protocol.input_spread !== undefined;
  if (use === 'none' || (use === 'auto' && !mixed)) return record;
  const steps: NonNullable<RunCells['steps']> = new Map(
    await Promise.all(
      record.records.filter(isResolved).map(async (cell) => {
        const read = await readSteps(record.folder, cell);
        return [stepsKey(cell), read] as const;
      }),
    ).then((read) => read.flatMap(([key, each]) => (each === null ? [] : [[key, each] as const]))),
  );
  return steps.size === 0 ? record : { ...record, steps };
}

const isResolved = ({ steps }: CellRecord): boolean => steps?.resolved === true;
