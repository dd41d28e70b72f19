import { paddedSize } from '../../roofline/padding.ts';
import { robustCost } from '../choices.ts';
import type { Dataset, EngineChoice } from '../dataset.ts';
import type { RooflineFit } from '../fit-roofline.ts';
import type { Observation } from '../observations.ts';
import type { FitOptions } from '../search.ts';
import { screen } from './screen.ts';
import { type PaddingChoice, paddingOf, pads, USUAL_PADDINGS, type UsualPadding } from './sizes.ts';

/** A padding that was tried, and the robust cost of its best fit over that of the fit without. */
export interface TriedPadding {
  readonly value: Exclude<PaddingChoice, 'none'>;
  readonly cost_ratio: number;
}

/** What was read of a server counts unless a fit without it costs so much less. */
const WORTH_LEAVING_READ = 0.9;
/** A staircase that nothing but the measurements tell of has to lower the cost so far: kernels that are chosen by size leave one, too. */
const WORTH_DETECTING = 0.6;
/** From here on the staircase explains something, and too little to go by: other cells would tell. */
const WORTH_ASKING = 0.97;
/** So many batch sizes between two sizes, at least, tell whether steps are padded. */
const FEWEST_BETWEEN = 3;

/** A padding that a fit is to be made with beside the one without, and the usual ones that were tried for it. */
export interface AskedPadding {
  readonly value: TriedPadding['value'];
  /** Empty where it was read. */
  readonly tried: readonly TriedPadding[];
}

/** Usual sizes that explain something of the cells, and not enough to go by. */
export interface UnsurePadding extends TriedPadding {
  readonly value: UsualPadding;
}

/** What a fit is to be tried with. */
export interface PaddingLook {
  /** Null: no padding is known, and the cells show none or could not. */
  readonly asked: AskedPadding | null;
  readonly unsure: UnsurePadding | null;
}

const NOTHING: PaddingLook = { asked: null, unsure: null };

/**
 * What was read of the servers; where nothing was, the usual padding that explains the staircase of these cells best.
 * @param choice the answers to all else, without padding
 */
export function lookForPadding(dataset: Dataset, choice: EngineChoice, options: FitOptions): PaddingLook {
  const { observations } = dataset;
  const read = observations.flatMap(({ read_padding }) => read_padding ?? []);
  if (read.length > 0) {
    return read.some(pads) ? { asked: { value: 'read', tried: [] }, unsure: null } : NOTHING;
  }
  const telling = USUAL_PADDINGS.filter((usual) => batchesBetween(observations, usual) >= FEWEST_BETWEEN);
  if (telling.length === 0) return NOTHING;
  const plain = screen(dataset, choice, options).robustCost;
  const tried = telling
    .map((value) => ({
      value,
      cost_ratio: screen(dataset, { ...choice, padding: value }, options).robustCost / plain,
    }))
    .sort((a, b) => a.cost_ratio - b.cost_ratio);
  const best = tried[0]!;
  return earnsItsPlace(best.value, best.cost_ratio)
    ? { asked: { value: best.value, tried }, unsure: null }
    : { asked: null, unsure: unsureOf(best.value, best.cost_ratio) };
}

/** What a usual padding that is not used leaves open; null: it explains nothing. */
export const unsureOf = (value: TriedPadding['value'], cost_ratio: number): UnsurePadding | null =>
  value !== 'read' && cost_ratio < WORTH_ASKING ? { value, cost_ratio } : null;

/**
 * The fit with a padding beside that without: which is to be kept.
 * @param plainCost robust cost of the best fit without
 */
export function judgePadding(
  value: TriedPadding['value'],
  padded: RooflineFit,
  plainCost: number,
): { readonly used: boolean; readonly cost_ratio: number } {
  const cost_ratio = robustCost(padded) / plainCost;
  return { used: earnsItsPlace(value, cost_ratio), cost_ratio };
}

const earnsItsPlace = (value: TriedPadding['value'], costRatio: number): boolean =>
  costRatio < (value === 'read' ? 1 / WORTH_LEAVING_READ : WORTH_DETECTING);

/** Batch sizes that were measured and that a padding would make larger. */
function batchesBetween(
  observations: readonly Observation[],
  usual: (typeof USUAL_PADDINGS)[number],
): number {
  const { batch } = paddingOf(usual, undefined)!;
  const seen = observations.flatMap(({ concurrency, driving, tpot, steps = [] }) => [
    ...(tpot !== null && driving?.kind !== 'open' ? [concurrency] : []),
    ...steps.flatMap(({ groups }) => groups.flatMap(({ loads }) => loads.map(({ decodes }) => decodes))),
  ]);
  return new Set(seen.filter((size) => paddedSize(batch, size) !== size)).size;
}
