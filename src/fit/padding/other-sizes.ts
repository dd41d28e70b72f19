import type { Padding } from '../../roofline/padding.ts';
import type { Observation } from '../observations.ts';
import { generatedSizes, graphs } from './generated.ts';
import type { Screened } from './screen.ts';
import { countOf, countOfAll, type FoundSizes, searchAll, searchSizes } from './search-sizes.ts';
import { type OtherSizes, type PaddingChoice, paddingOf } from './sizes.ts';
import { tellsOf } from './telling.ts';

/** What a search among sizes that were made up found. */
export interface FoundOther {
  readonly value: OtherSizes;
  readonly screened: Screened;
  /** Factor on what a ratio of costs has to be below, since so many sizes were tried. */
  readonly penalty: number;
}

type Screening = (padding: PaddingChoice, near?: readonly number[]) => Screened;

/** The sizes that explain the data best, of those made up from its loads. */
export function otherSizes(
  observations: readonly Observation[],
  plain: Screened,
  screened: Screening,
): FoundOther {
  const all = generatedSizes(observations);
  const batch = all.batch.filter((sizes) => tellsOf(observations, { sizes: graphs(sizes) }));
  const generated = { ...all, batch };
  const tried = (sizes: Padding, near?: readonly number[]): Screened => screened({ sizes }, near);
  const ofSteps = observations.some(({ steps }) => steps !== undefined);
  const count = ofSteps ? countOfAll(generated) : countOf(generated);
  const { padding: sizes } = ofSteps
    ? searchAll(generated, plain, tried)
    : searchSizes(generated, { plain, shapes: shapesOf(screened, plain) }, tried);
  return { value: { sizes }, screened: tried(sizes), penalty: penaltyOf(count, plain.numbers) };
}

const shapesOf = (screened: Screening, plain: Screened): FoundSizes => ({
  padding: paddingOf('doubling_shapes', undefined)!,
  screened: screened('doubling_shapes', plain.point),
});

/**
 * The best of n sizes is as likely to look so good by chance as one whose likelihood is n times as large. The scale of what a
 * model misses is not known, so a likelihood of N numbers falls with the cost to the power of N/2. Of 80 simulated devices that
 * pad nothing, half of them with all effects, 79 kept 77 % of the cost or more; the rough fit without padding of the last had missed
 * its basin, so that usual sizes looked better still.
 */
const penaltyOf = (sizes: number, numbers: number): number => sizes ** (-2 / numbers);
