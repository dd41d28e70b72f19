import type { FittedDevice, FittedRow } from '../cost/study/fitted.ts';
import { formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { type Reference2025, right, SHOWN_PAIRS, shapeText, span, wrapped } from './study-shared.ts';

const STATED = 'asgar2025-stated';

/** What the fits of one model say of the study. */
export function fittedText(
  { devices, claims, rows }: Reference2025['fitted'][number],
  style: Style,
): string[] {
  return [
    style.bold(`From published fits: ${rows[0]!.model}`),
    ...devices.map(
      ({ accelerator, how, fit, compute_efficiency, bandwidth_efficiency, kv_bytes_per_element }) =>
        how === 'fit'
          ? wrapped(
              `${accelerator}: fit '${fit}', ${formatPercent(compute_efficiency)} of dense compute, ${formatPercent(bandwidth_efficiency)} of bandwidth, KV cache ${kv_bytes_per_element} bytes an element`,
            )
          : wrapped(`${accelerator}: not measured; '${fit}' scaled by spec sheets`),
    ),
    renderTable({
      style,
      columns: [
        { title: 'cost basis' },
        { title: 'in/out' },
        ...SHOWN_PAIRS.map(([, title]) => right(title, '90 %')),
      ],
      rows: rows
        .filter(({ basis }) => basis === STATED || basis.startsWith('inferencex-hyper'))
        .map((row) => [
          row.basis.replace(STATED, 'stated'),
          shapeText(row),
          ...SHOWN_PAIRS.map(([pair]) => fittedCell(row, pair)),
        ]),
    }),
    renderTable({
      style,
      columns: [
        { title: 'claim' },
        { title: 'in/out' },
        right('published'),
        right('fits, stated basis'),
        right('90 %'),
        { title: 'verdict' },
      ],
      rows: claims.map((one) => [
        `${one.id} ${one.pair}`,
        one.shape,
        one.published.toFixed(1),
        span(one.fitted),
        span(one.interval_90),
        one.verdict,
      ]),
    }),
    ...kvWarning(devices),
  ];
}

function fittedCell({ benefits }: FittedRow, pair: string): string {
  const found = benefits.find((one) => one.pair === pair);
  if (found === undefined) return 'no price';
  if (found.benefit === null) return 'not met';
  const ends = found.uncertainty?.benefit_90.map((end) =>
    end > 0 && Number.isFinite(end) ? end.toFixed(1) : 'unmet',
  );
  return `${found.benefit.toFixed(2)} (${ends ? ends.join('-') : '-'})`;
}

/** Ratios between devices with different KV caches are not of the devices alone. */
function kvWarning(devices: readonly FittedDevice[]): string[] {
  const measured = devices.filter(({ how }) => how === 'fit');
  if (new Set(measured.map(({ kv_bytes_per_element }) => kv_bytes_per_element)).size < 2) return [];
  return [
    wrapped(
      'The measured devices kept their KV caches at different precisions (inferred): their ratios hold that difference too.',
    ),
  ];
}
