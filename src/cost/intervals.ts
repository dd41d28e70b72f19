import { quantile, sortSample } from '../stats/sorted.ts';
import type { UncertainSource } from './phase-source.ts';
import { type PricedSource, type SearchQuestion, searchAll, usdPerRequest } from './search.ts';

/** A device that takes part in a search, with its uncertainty. */
export interface UncertainDevice {
  readonly source: UncertainSource;
  readonly usd_per_h: number;
}

/** How surely an option is better than the baseline. */
export interface BenefitInterval {
  /** 90 % interval of the baseline's cost over the option's. */
  readonly benefit_90: readonly [number, number];
  /** 90 % interval of $ a request; an end is null where the objectives are not met. */
  readonly usd_per_request_90: readonly [number, number | null];
  readonly excludes_one: boolean;
  /** Share of the draws in which the objectives can be met. */
  readonly feasible: number;
}

export const DRAWS = 200;

/**
 * Benefits over the baseline with what is known of the parameters carried through: in every draw each option is planned anew,
 * as one who knew those parameters would. Options are in the order of `searchAll`; null where nothing can be told.
 * @param question or what makes it, where limits depend on the parameters that are drawn
 * @param baseline index of the baseline among the options
 * @param search what makes the options
 */
export function benefitIntervals(
  devices: readonly UncertainDevice[],
  question: SearchQuestion | ((drawn: readonly PricedSource[]) => SearchQuestion),
  baseline: number,
  draws: number = DRAWS,
  search: typeof searchAll = searchAll,
): (BenefitInterval | null)[] {
  const costs = Array.from({ length: draws }, (_, index) => {
    const drawn = devices.map(({ source, usd_per_h }) => ({ source: source.draw(index), usd_per_h }));
    const options = search(drawn, typeof question === 'function' ? question(drawn) : question);
    return options.map((option) => usdPerRequest(option) ?? Number.POSITIVE_INFINITY);
  });
  const options = costs[0]?.length ?? 0;
  return Array.from({ length: options }, (_, option) => intervalOf(costs, option, baseline));
}

function intervalOf(
  costs: readonly (readonly number[])[],
  option: number,
  baseline: number,
): BenefitInterval | null {
  const own = costs.map((draw) => draw[option]!);
  const ratios = costs.flatMap((draw) => {
    const [base, mine] = [draw[baseline]!, draw[option]!];
    if (option === baseline) return [1];
    return Number.isFinite(base) || Number.isFinite(mine) ? [base / mine] : [];
  });
  const sample = sortSample(ratios);
  if (sample === null || ratios.length < costs.length / 2) return null;
  const [low, high] = [quantileOf(sample, 0.05), quantileOf(sample, 0.95)];
  const spread = sortSample(own)!;
  const [cheap, dear] = [quantileOf(spread, 0.05), quantileOf(spread, 0.95)];
  return {
    benefit_90: [low, high],
    usd_per_request_90: [cheap, Number.isFinite(dear) ? dear : null],
    excludes_one: low > 1 || high < 1,
    feasible: own.filter(Number.isFinite).length / own.length,
  };
}

/** An interval where costs are multiples of those that were drawn; `own` and `baseline` are the factors. */
export function rescaled(
  interval: BenefitInterval | null,
  own: number,
  baseline: number,
): BenefitInterval | null {
  if (interval === null || (own === 1 && baseline === 1)) return interval;
  const [low, high] = interval.benefit_90.map((end) => (end * baseline) / own) as [number, number];
  const [cheap, dear] = interval.usd_per_request_90;
  return {
    ...interval,
    benefit_90: [low, high],
    usd_per_request_90: [cheap * own, dear === null ? null : dear * own],
    excludes_one: low > 1 || high < 1,
  };
}

/** Between an infinite and a finite value nothing is interpolated. */
function quantileOf(sample: NonNullable<ReturnType<typeof sortSample>>, q: number): number {
  const value = quantile(sample, q);
  return Number.isNaN(value) ? sample[Math.ceil(q * (sample.length - 1))]! : value;
}
