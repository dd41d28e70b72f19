import type { FittedDevice, FittedRow } from '../cost/study/fitted.ts';
import { counted } from '../plural.ts';
import { formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import {
  basisText,
  type Reference2025,
  right,
  SHOWN_PAIRS,
  span,
  verdictText,
  wrapped,
} from './study-shared.ts';

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
              `${accelerator}: fit '${fit}', ${formatPercent(compute_efficiency)} of dense compute, ${formatPercent(bandwidth_efficiency)} of bandwidth, KV cache ${counted(kv_bytes_per_element, 'byte')} an element`,
            )
          : wrapped(`${accelerator}: not measured; '${fit}' scaled by spec sheets`),
    ),
    ...FITTED_BASES.flatMap((basis) => benefitTable(rows, basis, style)),
    renderTable({
      style,
      columns: [
        { title: 'claim' },
        { title: 'in/out' },
        right('publ.'),
        right('stated basis'),
        right('90 %'),
        { title: 'holds' },
      ],
      rows: claims.map((one) => [
        `${one.id} ${one.pair}`,
        one.shape,
        one.published.toFixed(1),
        span(one.fitted),
        one.interval_90 ? endsText(one.interval_90) : '-',
        verdictText(one.verdict),
      ]),
    }),
    ...kvWarning(devices),
  ];
}

const STATED = 'asgar2025-stated';
const FITTED_BASES = [STATED, 'inferencex-hyperscaler'];

/** Benefits of the shown pairs on one basis, a column for each shape and limit. */
function benefitTable(rows: readonly FittedRow[], basis: string, style: Style): string[] {
  const own = rows.filter((row) => row.basis === basis);
  const pairs = SHOWN_PAIRS.filter(([pair]) =>
    own.some(({ benefits }) => benefits.some((one) => one.pair === pair)),
  );
  return [
    renderTable({
      style,
      columns: [
        { title: `on ${basisText(basis)}` },
        ...own.map(({ shape, limit }) =>
          right(`${shape.input}/${shape.output}`, limit === 'latency' ? 'lat, 90 %' : 'thr, 90 %'),
        ),
      ],
      rows: pairs.map(([pair, prefill, decode]) => [
        `${prefill}${decode}`,
        ...own.map((row) => fittedCell(row, pair)),
      ]),
    }),
  ];
}

/** 0: in some draws the pair does not meet the limits. */
const endsText = (ends: readonly [number, number]): string =>
  ends.map((end) => (Number.isFinite(end) ? end.toFixed(1) : 'any')).join('-');

function fittedCell({ benefits }: FittedRow, pair: string): string {
  const { benefit = null, uncertainty } = benefits.find((one) => one.pair === pair) ?? {};
  if (benefit === null) return 'not met';
  return `${benefit.toFixed(2)} (${uncertainty ? endsText(uncertainty.benefit_90) : '-'})`;
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
