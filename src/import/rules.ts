import type { Candidate, MeasuredRow } from './measured-row.ts';
import type { SourceRow } from './source-row.ts';

/** Rows that must not count as measurements of the device, found by what the file's documentation says of them. */
export interface CleaningRule {
  readonly name: string;
  readonly why: string;
  /** The rows that it removes, out of those that the rules before it left. */
  find(candidates: readonly Candidate[]): readonly Candidate[];
}

/** A rule that looks at each row by itself. */
export const rowRule = (
  name: string,
  why: string,
  applies: (row: MeasuredRow, source: SourceRow) => boolean,
): CleaningRule => ({
  name,
  why,
  find: (candidates) => candidates.filter(({ row, source }) => applies(row, source)),
});

/** A step of a pipeline is no step of the whole model. */
export const pipelineParallel = rowRule(
  'pipeline-parallel',
  'layers are spread over devices: the time of a step is not that of the model',
  (row) => row.pipelineParallel > 1,
);

export interface RemovedRows {
  readonly rule: string;
  readonly why: string;
  readonly rows: number;
  readonly lines: number[];
}

export interface CleanedRows {
  readonly kept: readonly Candidate[];
  /** Every rule that removed something. */
  readonly removed: RemovedRows[];
}

/** Applies rules one after another; those named in `keep` are not applied. */
export function clean(
  candidates: readonly Candidate[],
  rules: readonly CleaningRule[],
  keep: readonly string[],
): CleanedRows {
  const removed: RemovedRows[] = [];
  let kept = candidates;
  for (const rule of rules.filter(({ name }) => !keep.includes(name))) {
    const found = new Set(rule.find(kept));
    if (found.size === 0) continue;
    kept = kept.filter((candidate) => !found.has(candidate));
    const lines = [...found].map(({ row }) => row.line);
    removed.push({ rule: rule.name, why: rule.why, rows: found.size, lines });
  }
  return { kept, removed };
}
