import type { Bracket, Try } from '../load/find-max.ts';
import type { SearchEnd } from '../load/search-ends.ts';
import type { Suite } from '../suite/schema.ts';
import type { Search, Tried } from './find-max-schema.ts';
import { leastRate, requestsNeeded, type SearchShape } from './find-max-shapes.ts';
import type { CellRecord } from './schema.ts';

/** What is kept and told of a search. */
export function searchOf(
  target: string,
  { kind, input_tokens, cached_input_tokens, output_tokens }: SearchShape,
  { met, not_met }: Bracket,
  ended: SearchEnd | null,
  message: string | null,
  recordsAt: (load: number) => readonly CellRecord[],
): Search {
  const end = (one: Try | null): Tried | null => one && triedOf(one, recordsAt(one.load));
  const shape = {
    ...(kind !== 'load' && { cell_kind: kind }),
    input_tokens,
    ...(cached_input_tokens !== null && { cached_input_tokens }),
    output_tokens,
  };
  return { target, ...shape, met: end(met), not_met: end(not_met), ended, message };
}

function triedOf({ load, judgement }: Try, records: readonly CellRecord[]): Tried {
  const { decided_by, value_ms, half_width_ms, outcome, repeats } = judgement;
  const reasons = records.flatMap((one) => one.reasons.filter(({ effect }) => effect !== 'note'));
  return {
    load,
    decided_by,
    value_ms,
    half_width_ms,
    decided: outcome !== 'undecided',
    repeats,
    cells: records.map(({ key }) => key),
    reasons: [...new Set(reasons.map(({ code }) => code))],
  };
}

/** What stands in the way of a bracket, and how to mend it; null where there is one. */
export function endMessage(ended: SearchEnd, tries: readonly Try[], suite: Suite): string | null {
  const last = tries.at(-1);
  switch (ended) {
    case 'bracketed':
      return null;
    case 'none_met': {
      const lowest = tries[0];
      const floor = requestsNeeded(suite.objectives ?? {});
      const rate = leastRate(suite);
      const bound = floor > 0 && lowest !== undefined && lowest.load <= rate * 1.01;
      const why = bound
        ? `; lower rates bring fewer than ${floor} requests in max_s of ${suite.stop.max_s} s`
        : '';
      return `no load meets the objectives, not even ${lowest?.load}${why}`;
    }
    case 'all_met':
      return `the objectives are met up to ${last?.load}, the highest that is tried`;
    case 'few_samples':
      return `a percentile needs ${requestsNeeded(suite.objectives ?? {})} requests: raise max_s of the stop rule`;
    case 'unusable':
      return `cells say nothing: ${tries.find(({ judgement }) => judgement.outcome === 'unusable')?.judgement.decided_by ?? 'no metrics'}`;
    case 'not_measured':
      return 'a cell could not be measured';
  }
}
