import { RidgeError } from '../errors.ts';
import type { GridPoint } from '../suite/expand.ts';
import type { SkippedPoint } from './cells.ts';
import type { TargetFacts } from './facts.ts';
import type { TargetPlan } from './plan.ts';

/** A suite's grid, and where it stands. */
export interface PlannedGrid {
  readonly file: string;
  readonly points: readonly GridPoint[];
}

const MENDS: Readonly<Record<SkippedPoint['reason'], string>> = {
  over_length: 'Shorten the cells, or serve longer requests (--max-model-len of vLLM).',
  kv_capacity_unknown: 'Say kv_capacity_tokens of the target in the lab file.',
  no_pair: 'Say prefill of the target in the lab file.',
};

/** @throws RidgeError (exit 2) where no target measures any cell, with what is in the way of the first */
export function requireCells(
  { file, points }: PlannedGrid,
  facts: readonly Pick<TargetFacts, 'tensorParallel'>[],
  plans: readonly TargetPlan[],
): void {
  if (plans.some(({ cells }) => cells.length > 0)) return;
  const [skipped] = plans.flatMap((plan) => plan.skipped);
  if (skipped !== undefined) {
    throw new RidgeError(`no cell can be measured on these targets; the first ${reasonOf(skipped)}`, {
      where: file,
      mend: MENDS[skipped.reason],
    });
  }
  const sizes = listed(facts.map(({ tensorParallel }) => tensorParallel));
  const meant = listed(points.flatMap(({ tensor_parallel }) => tensor_parallel ?? []));
  throw new RidgeError(
    `no cell is for TP ${sizes}: those of the grid are for TP ${meant} (tensor_parallel)`,
    {
      where: file,
      mend: `Take targets of TP ${meant} (--tp, or --simulate-tp), or add ${sizes} to tensor_parallel in the grid.`,
    },
  );
}

/** Skips that are about a cell say what it needs; the others are sentences. */
const reasonOf = ({ reason, message }: SkippedPoint): string =>
  reason === 'over_length' ? message : `is left out: ${message}`;

const listed = (sizes: readonly number[]): string => [...new Set(sizes)].sort((a, b) => a - b).join(', ');
