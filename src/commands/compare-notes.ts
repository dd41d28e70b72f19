import type { PowerKind } from '../cost/basis.ts';
import type { BreakEven } from '../cost/break-even.ts';
import type { Comparison } from '../cost/compare.ts';
import type { CompareRow } from '../cost/compare-row.ts';
import { formatNumber } from '../report/format.ts';

export const breakEvenText = (one: BreakEven): string =>
  one.state === 'found' ? formatNumber(one.value) : 'none';

/** What stands under the tables: what would have to be true, marks, and what was not measured. */
export function footLines(
  { rows, unmet, notes, baseline }: Comparison,
  shown: readonly CompareRow[],
  left: number,
): string[] {
  const origins = new Set(shown.map(({ origin }) => origin));
  const best = rows[0]!;
  const what = best.name === baseline ? [] : trueLines(best, baseline);
  const base = rows.find(({ name }) => name === baseline);
  return [
    ...powerLines(shown),
    ...(base ? [] : [`the baseline ${baseline} does not meet the objectives: nothing is compared with it`]),
    ...what,
    ...(origins.has('spec_sheet') ? ['? a spec sheet alone: wide priors, no measurement'] : []),
    ...(origins.has('carried_fit') ? ['~ a fit of another device, scaled by spec sheets'] : []),
    'a name alone is aggregated serving, prompts and answers on one server (modelled mixed steps)',
    ...(shown.some((row) => row.beyond_measured_batch !== null)
      ? ['* more sequences together than were measured: the interval is wider by the distance']
      : []),
    ...(left > 0 ? [`${left} more options meet the objectives: --top, --json`] : []),
    ...(unmet.length > 0 ? [`the objectives are met by no plan of: ${unmet.join(', ')}`] : []),
    ...notes.map((note) => `note: ${note}`),
  ];
}

const POWER_KINDS: Readonly<Record<PowerKind, string>> = {
  fit: "f: watts of the fit's power model at the plan's load, of the devices alone",
  tdp: 'rated power (TDP) of the devices',
  share_of_tdp: 'a share of the rated power (TDP) of the devices',
  measured: 'watts that the basis gives as measured',
  all_in_utility: 'all-in utility power of the basis, more than the devices',
};

/** What the figures of power are. */
function powerLines(shown: readonly CompareRow[]): string[] {
  const kinds = [...new Set(shown.flatMap(({ power_kinds }) => power_kinds))];
  return kinds.length === 0 ? [] : [`power: ${kinds.map((kind) => POWER_KINDS[kind]).join('; ')}`];
}

/** What would have to be true for the first row to be no better than the baseline. */
function trueLines({ name, break_even }: CompareRow, baseline: string): string[] {
  if (break_even === null) return [];
  const { tariff, decode_price, decode_speed } = break_even;
  const parts = [
    ...(decode_speed.state === 'found'
      ? [`its decode ran at ${formatNumber(decode_speed.value)} of its speed`]
      : []),
    ...(decode_price?.state === 'found'
      ? [`its decode device cost $${formatNumber(decode_price.value)}`]
      : []),
    ...(tariff?.state === 'found' ? [`electricity cost $${formatNumber(tariff.value)}/kWh`] : []),
  ];
  return parts.length === 0 ? [] : [`${name} would cost what ${baseline} does if ${parts.join(', or ')}`];
}
