import { robustCost } from '../choices.ts';
import type { Dataset, EngineChoice } from '../dataset.ts';
import type { RooflineFit } from '../fit-roofline.ts';
import type { FitOptions } from '../search.ts';
import { otherSizes } from './other-sizes.ts';
import { type Screened, screen } from './screen.ts';
import { type PaddingChoice, pads, USUAL_PADDINGS, type UsualPadding } from './sizes.ts';
import { tellsOf } from './telling.ts';

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

/** A padding that a fit is to be made with beside the one without, and those that were tried for it. */
export interface AskedPadding extends Pick<TriedPadding, 'value'> {
  /** The best first; empty where it was read. */
  readonly tried: readonly TriedPadding[];
  /** Below this cost, over that of the fit without, it is used. */
  readonly worth: number;
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
 * What was read of the servers; where nothing was, the padding that explains the staircase of these cells best: usual sizes, or
 * others where those explain it so much better.
 * @param choice the answers to all else, without padding
 */
export function lookForPadding(dataset: Dataset, choice: EngineChoice, options: FitOptions): PaddingLook {
  const { observations } = dataset;
  const read = observations.flatMap(({ read_padding }) => read_padding ?? []);
  if (read.length > 0) {
    if (!read.some(pads)) return NOTHING;
    return { asked: { value: 'read', tried: [], worth: 1 / WORTH_LEAVING_READ }, unsure: null };
  }
  const telling = USUAL_PADDINGS.filter((usual) => tellsOf(observations, usual));
  if (telling.length === 0) return NOTHING;
  const screened = (padding: PaddingChoice, near?: readonly number[]): Screened =>
    screen(dataset, { ...choice, padding }, options, near);
  const plain = screened('none');
  const ratio = ({ robustCost: cost }: Screened): number => cost / plain.robustCost;
  const usual = telling
    .map((value) => ({ value, cost_ratio: ratio(screened(value)) }))
    .sort((a, b) => a.cost_ratio - b.cost_ratio);
  const best = usual[0]!;
  const other = otherSizes(observations, plain, screened);
  const worth = WORTH_DETECTING * other.penalty;
  const found = { value: other.value, cost_ratio: ratio(other.screened) };
  if (found.cost_ratio < worth && found.cost_ratio < other.penalty * best.cost_ratio) {
    return { asked: { value: found.value, tried: [found, ...usual], worth }, unsure: unsureOf(best) };
  }
  return best.cost_ratio < WORTH_DETECTING
    ? { asked: { value: best.value, tried: usual, worth: WORTH_DETECTING }, unsure: null }
    : { asked: null, unsure: unsureOf(best) };
}

/** What usual sizes that are not used leave open; null: they explain nothing, or are not usual ones. */
export function unsureOf({ value, cost_ratio }: TriedPadding): UnsurePadding | null {
  if (value === 'read' || typeof value === 'object') return null;
  return cost_ratio < WORTH_ASKING ? { value, cost_ratio } : null;
}

/**
 * The fit with a padding beside that without: which is to be kept.
 * @param plainCost robust cost of the best fit without
 */
export function judgePadding(
  { worth }: AskedPadding,
  padded: RooflineFit,
  plainCost: number,
): { readonly used: boolean; readonly cost_ratio: number } {
  const cost_ratio = robustCost(padded) / plainCost;
  return { used: cost_ratio < worth, cost_ratio };
}
