import { RidgeError } from '../errors.ts';
import type { CostBasis } from './basis.ts';
import { type Budget, budgetOf, leastUse } from './budget.ts';
import { closestText, closestTo } from './closest.ts';
import { breakEvens, type ComparedDevice, type CompareRow, type RowBreakEvens } from './compare-row.ts';
import { type BareRow, rowOf } from './compare-rows.ts';
import { benefitIntervals, DRAWS, rescaled } from './intervals.ts';
import { optionName } from './option-name.ts';
import { planLatencies } from './plan-latencies.ts';
import { type SearchedOption, type SearchQuestion, searchAll, usdPerRequest } from './search.ts';
import { sensitivities } from './sensitivity.ts';
import { cachedSource } from './sources/cached.ts';

export interface CompareQuestion extends SearchQuestion {
  readonly basis: CostBasis;
  /** Name of the option that others are compared with: `h100-sxm::h100-sxm`, or `h100-sxm` for aggregated serving. */
  readonly baseline: string;
  readonly budget: Budget | null;
  /** Draws of the parameters; 0: no intervals. */
  readonly draws?: number | undefined;
}

export interface Comparison {
  /** Cheapest first; under a budget the most requests first, for a rate the least an hour. */
  readonly rows: readonly CompareRow[];
  readonly baseline: string;
  /** What would let the second option draw level with the first; null where there is one alone. */
  readonly flip: { readonly second: string; readonly break_even: RowBreakEvens } | null;
  /** Options that no plan lets meet the objectives. */
  readonly unmet: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Ranks every ordered pair of devices, and aggregated serving on each, by what a request costs while the objectives are met.
 * @throws RidgeError (exit 2) when the baseline is none of the options; (exit 1) when nothing meets the objectives, or the
 *   baseline does not, with what comes closest
 */
export function compare(devices: readonly ComparedDevice[], question: CompareQuestion): Comparison {
  const { basis, baseline, draws = DRAWS } = question;
  const labels = devices.map(({ source }) => source.central.label);
  const priced = devices.map(({ source, cost }) => ({ source: source.central, usd_per_h: cost.usd_per_h }));
  const options = searchAll(priced, question);
  const names = options.map((option) => optionName(option, labels));
  const place = names.indexOf(baseline);
  if (place < 0) {
    throw new RidgeError(`--baseline: '${baseline}' is none of the options`, {
      mend: `Name a pair as prefill::decode, or one device for aggregated serving, of: ${labels.join(', ')}.`,
    });
  }
  if (options.every(({ plan }) => plan === null)) throw nothingMeets(devices, question);
  const intervals =
    draws > 0
      ? benefitIntervals(
          devices.map(({ source, cost }) => ({ source, usd_per_h: cost.usd_per_h })),
          question,
          place,
          draws,
        )
      : options.map(() => null);
  const known = devices.map(({ source }) => cachedSource(source));
  const bare = options.map((option) => rowOf(option, devices, question));
  const base = bare[place] ?? null;
  const baseBudget = base && budgetOf(base, question.budget);
  const rows = bare.flatMap((row, index): CompareRow[] => {
    if (row === null) return [];
    const option = options[index]!;
    // A ratio is as far outside what was measured as either of its sides.
    const isKnown = [...devicesOf(option), ...devicesOf(options[place]!)].every(
      (each) => devices[each]!.source.interval,
    );
    const share = budgetOf(row, question.budget);
    return [
      {
        ...row.row,
        latencies: planLatencies(option, known, question, draws),
        benefit: base && base.row.cost.usd_per_request / row.row.cost.usd_per_request,
        uncertainty:
          isKnown && base !== null
            ? rescaled(intervals[index]!, billed(row, option), billed(base, options[place]!))
            : null,
        break_even: base === null || index === place ? null : breakEvens(row.row, base.row, basis),
        sensitivity: base === null || index === place ? [] : sensitivities(row.row, base.row),
        budget: share && { ...share, benefit: baseBudget && budgetGain(share, baseBudget, question.budget) },
      },
    ];
  });
  refuseSmall(rows, bare, question.budget);
  const [first, second] = rows.sort(orderOf(question.budget));
  return {
    rows,
    baseline,
    flip: first && second ? { second: second.name, break_even: breakEvens(first, second, basis) } : null,
    unmet: names.filter((_, index) => options[index]!.plan === null),
    notes: devices.flatMap(({ source }) => source.notes),
  };
}

/** What a row costs over what the search counted, which bills rated power. */
const billed = ({ row }: NonNullable<ReturnType<typeof rowOf>>, option: SearchedOption): number =>
  row.cost.usd_per_request / usdPerRequest(option)!;

const devicesOf = (option: SearchedOption): number[] =>
  option.kind === 'pair' ? [option.prefill, option.decode] : [option.device];

const byCost = (a: CompareRow, b: CompareRow): number => a.cost.usd_per_request - b.cost.usd_per_request;
const byRate = (a: CompareRow, b: CompareRow): number =>
  (b.budget?.requests_per_s ?? 0) - (a.budget?.requests_per_s ?? 0) || byCost(a, b);
const byHour = (a: CompareRow, b: CompareRow): number =>
  (a.budget?.usd_per_h ?? 0) - (b.budget?.usd_per_h ?? 0) || byCost(a, b);

const orderOf = (budget: Budget | null) => {
  if (budget === null) return byCost;
  return budget.kind === 'requests_per_s' ? byHour : byRate;
};

type Share = NonNullable<ReturnType<typeof budgetOf>>;
/** More requests in the same budget, or fewer dollars for the same requests. */
const budgetGain = (share: Share, base: Share, budget: Budget | null): number =>
  budget?.kind === 'requests_per_s'
    ? base.usd_per_h / share.usd_per_h
    : share.requests_per_s / base.requests_per_s;

/** Not one worker of any option fits: what the smallest takes. */
function refuseSmall(
  rows: readonly CompareRow[],
  bare: readonly (BareRow | null)[],
  budget: Budget | null,
): void {
  if (budget === null || budget.kind === 'requests_per_s' || rows.some((row) => row.budget !== null)) return;
  const least = bare
    .flatMap((one) => (one ? [{ name: one.row.name, uses: leastUse(one, budget.kind) }] : []))
    .reduce((best, one) => (one.uses < best.uses ? one : best));
  throw new RidgeError(`no option fits in ${budget.kind}=${budget.most}`, {
    exitCode: 1,
    mend: Number.isFinite(least.uses)
      ? `Smallest: the plan of ${least.name} with one worker of each pool, ${budget.kind}=${least.uses.toPrecision(3)}.`
      : 'The power of no option is known on this basis.',
  });
}

function nothingMeets(devices: readonly ComparedDevice[], question: CompareQuestion): RidgeError {
  const found = closestTo(
    devices.map(({ source }) => source.central),
    question,
  );
  const asked = question.objectives.map(({ key, limit_s }) => `${key}=${1e3 * limit_s}`).join(', ');
  return new RidgeError(`no option meets ${asked}`, { exitCode: 1, mend: closestText(found) });
}
