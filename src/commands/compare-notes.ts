import type { PowerKind } from '../cost/basis.ts';
import type { BreakEven } from '../cost/break-even.ts';
import type { Comparison } from '../cost/compare.ts';
import type { CompareRow, RowBreakEvens } from '../cost/compare-row.ts';
import { counted } from '../plural.ts';
import { formatNumber } from '../report/format.ts';

export const breakEvenText = (one: BreakEven): string =>
  one.state === 'found' ? formatNumber(one.value) : 'none';

/** What stands under the tables: what would have to be true, marks, and what was not measured. */
export function footLines(
  { rows, unmet, notes, baseline, flip }: Comparison,
  shown: readonly CompareRow[],
  left: number,
): string[] {
  const origins = new Set(shown.map(({ origin }) => origin));
  const best = rows[0]!;
  const what = best.name === baseline ? [] : trueLines(best, best.break_even, baseline);
  const second =
    flip === null || flip.second === baseline ? [] : trueLines(best, flip.break_even, flip.second);
  const base = rows.find(({ name }) => name === baseline);
  return [
    ...powerLines(shown),
    ...(base ? [] : [`the baseline ${baseline} does not meet the objectives: nothing is compared with it`]),
    ...unclearLines(shown, baseline),
    ...what,
    ...second,
    ...(origins.has('spec_sheet')
      ? ['? no fit of the model there: by device files (ridge predict --model), wide']
      : []),
    ...(origins.has('carried_fit') ? ['~ a fit of another device, scaled by spec sheets'] : []),
    'a name alone is aggregated serving, prompts and answers on one server (modelled mixed steps)',
    "input and output: what prompts and answers take of the cost, each over its own tokens; of a pair its two pools, of aggregated serving shares of its steps' time",
    ...(shown.some((row) => row.beyond_measured_batch !== null)
      ? ['* more sequences together than were measured: the interval is wider by the distance']
      : []),
    ...(shown.some(({ name, uncertainty }) => name !== baseline && uncertainty === null) && base
      ? ['unknown: too far outside what was measured for an interval']
      : []),
    ...(left > 0
      ? [`${counted(left, 'more option')} meet${left === 1 ? 's' : ''} the objectives: --top, --json`]
      : []),
    ...(unmet.length > 0 ? [`the objectives are met by no plan of: ${unmet.join(', ')}`] : []),
    ...notes.map((note) => `note: ${note}`),
  ];
}

/** Where no gain of another device is told from 1: what it is a gain over, and how to take another. */
function unclearLines(shown: readonly CompareRow[], baseline: string): string[] {
  const base = shown.find(({ name }) => name === baseline);
  const others = shown.filter(
    ({ prefill, decode, uncertainty }) =>
      uncertainty !== null && (prefill !== base?.prefill || decode !== base.decode),
  );
  if (others.length === 0 || others.some(({ uncertainty }) => uncertainty!.excludes_one)) return [];
  return [
    `every gain of other devices is unclear: the baseline taken is ${baseline}; --baseline PAIR takes another, and intervals are narrow between devices that were measured`,
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

/** What would have to be true for a row to cost what another option does. */
function trueLines({ name, parts }: CompareRow, break_even: RowBreakEvens | null, other: string): string[] {
  if (break_even === null) return [];
  const { tariff, decode_price, decode_speed } = break_even;
  const what = parts.at(-1)!.role === 'both' ? ['it', 'its device'] : ['its decode', 'its decode device'];
  const ways = [
    ...(decode_speed.state === 'found'
      ? [`${what[0]} ran at ${formatNumber(decode_speed.value)} of its speed`]
      : []),
    ...(decode_price?.state === 'found' ? [`${what[1]} cost $${formatNumber(decode_price.value)}`] : []),
    ...(tariff?.state === 'found' ? [`electricity cost $${formatNumber(tariff.value)}/kWh`] : []),
  ];
  return ways.length === 0 ? [] : [`${name} would cost what ${other} does if ${ways.join(', or ')}`];
}
