import { paddedSize } from '../../roofline/padding.ts';
import type { Observation } from '../observations.ts';
import { type PaddingChoice, paddingOf } from './sizes.ts';

/** So many batch sizes between two sizes, at least, tell whether steps are padded. */
const FEWEST_BETWEEN = 3;

/** Whether enough of the batch sizes that were measured are ones that a padding would make larger. */
export function tellsOf(observations: readonly Observation[], padding: PaddingChoice): boolean {
  const { batch } = paddingOf(padding, undefined)!;
  const seen = observations.flatMap(({ concurrency, driving, tpot, steps = [] }) => [
    ...(tpot !== null && driving?.kind !== 'open' ? [concurrency] : []),
    ...steps.flatMap(({ groups }) => groups.flatMap(({ loads }) => loads.map(({ decodes }) => decodes))),
  ]);
  return new Set(seen.filter((size) => paddedSize(batch, size) !== size)).size >= FEWEST_BETWEEN;
}
