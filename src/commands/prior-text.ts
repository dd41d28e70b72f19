import { ANY_DEVICE } from '../fitfile/device-schema.ts';
import type { Fit } from '../fitfile/schema.ts';
import { counted } from '../plural.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
import { withoutUnit } from '../report/parameter-name.ts';

const SHOWN = 4;

/** What a fit of few cells started from, and how far its own cells moved it; lines of any width, none for other fits. */
export function priorText({ prior }: Pick<Fit, 'prior'>): string[] {
  if (!prior) return [];
  const { accelerator, engine, fits, without, cells, decided_by_cells, columns } = prior;
  const of = accelerator === ANY_DEVICE ? 'devices, scaled by the spec sheet' : `models on ${accelerator}`;
  const left = without.length === 0 ? '' : `; without ${counted(without.length, 'fit')} of this very model`;
  const narrowed = Object.entries(prior.log_standard_errors)
    .filter(([name]) => !name.endsWith('_steps'))
    .sort(([, a], [, b]) => a.after / a.before - b.after / b.before)
    .slice(0, SHOWN)
    .map(
      ([name, { before, after }]) =>
        `${withoutUnit(name)} ${formatPercent(before)} to ${formatPercent(after)}`,
    );
  return [
    `prior: ${counted(fits, 'fit')} of other ${of} (device file ${accelerator}, ${engine ?? 'engines without fits'})${left}; ${counted(cells, 'cell')} ${cells === 1 ? 'decides' : 'decide'} ${formatNumber(decided_by_cells, 2)} of ${columns} unknowns, it the rest (--prior catalogue goes without it)`,
    `standard errors before and after the cells: ${narrowed.join(', ')}`,
  ];
}
