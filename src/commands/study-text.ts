import { rangeOf, type StudyRow } from '../cost/study/benefits.ts';
import type { freeDecodeCeiling, JudgedClaim, Needed } from '../cost/study/claims.ts';
import type { FittedClaim, FittedDevice, FittedRow } from '../cost/study/fitted.ts';
import type { bestPairs, cheapestPrefill } from '../cost/study/orders.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';

/** The study re-derived: everything that is printed. */
export interface Reference2025 {
  readonly uniform: readonly StudyRow[];
  readonly claims: readonly JudgedClaim[];
  readonly needed: readonly Needed[];
  readonly free_decode: ReturnType<typeof freeDecodeCeiling>;
  readonly best_pairs: ReturnType<typeof bestPairs>;
  readonly cheapest_prefill: ReturnType<typeof cheapestPrefill>;
  readonly fitted: readonly {
    readonly devices: readonly FittedDevice[];
    readonly claims: readonly FittedClaim[];
    readonly rows: readonly FittedRow[];
  }[];
}

/** Pairs that are printed; the JSON holds all. */
export const SHOWN_PAIRS = [
  ['b200-sxm::gaudi3', 'B200::G3'],
  ['b200-sxm::b200-sxm', 'B200::B200'],
  ['h100-sxm::gaudi3', 'H100::G3'],
  ['gaudi3::gaudi3', 'G3::G3'],
  ['b200-sxm::mi300x', 'B200::MI3'],
] as const;

const right = (title: string, unit?: string) => ({ title, ...(unit && { unit }), align: 'right' }) as const;
const span = (range: readonly [number, number] | null): string =>
  range ? range.map((value) => value.toFixed(2)).join('-') : 'no price';
const shapeText = ({ shape, limit }: Pick<StudyRow, 'shape' | 'limit'>): string =>
  `${shape.input}/${shape.output} ${limit === 'latency' ? 'lat' : 'thr'}`;
const wrapped = (text: string): string => wrapLines(text, REPORT_COLUMNS);

/** The study for people. */
export function studyText(study: Reference2025, style: Style): string {
  return [
    style.bold('Cost benefit over H100::H100, the same efficiency on every device'),
    wrapped(
      'Range over Llama 3 8B and 70B in FP8 and FP16; dense peaks; lat: TTFT 250 ms and TBT 20 ms without queues; thr: no limit; devices in fractions.',
    ),
    uniformTable(study.uniform, style),
    '',
    style.bold('Published ratios'),
    claimTable(study, style),
    wrapped(
      `C6, the best of all ordered pairs on the stated basis (4 models, 2 shapes, 2 limits): ${study.best_pairs.map(({ pair, times }) => `${pair} ${times}`).join(', ')} times.`,
    ),
    ...study.cheapest_prefill
      .filter(({ model }) => model.startsWith('70B'))
      .map(({ model, usd_per_kwh, order }) =>
        wrapped(`C4, C8, cheapest prefill of ${model} at $${usd_per_kwh}/kWh: ${order.join(' < ')}.`),
      ),
    '',
    style.bold('What would have to be true (512/4096, throughput)'),
    neededTable(study, style),
    ...study.free_decode.map(({ model, prefill_share, ceiling }) =>
      wrapped(
        `4096/512, ${model}: prefill is ${formatPercent(prefill_share)} of H100::H100; B200 prefill with decode for nothing would gain ${formatNumber(ceiling, 2)}x, not 3x.`,
      ),
    ),
    ...study.fitted.flatMap((one) => ['', ...fittedText(one, style)]),
    '',
    wrapped(
      'FP16 has no published fit of these models here. Nothing was tuned towards the published ratios.',
    ),
  ].join('\n');
}

function uniformTable(rows: readonly StudyRow[], style: Style): string {
  return renderTable({
    style,
    columns: [{ title: 'cost basis' }, { title: 'in/out' }, ...SHOWN_PAIRS.map(([, title]) => right(title))],
    rows: rows.map((row) => [
      row.basis.replace('asgar2025-stated', 'stated'),
      shapeText(row),
      ...SHOWN_PAIRS.map(([pair]) => span(rangeOf(row, pair))),
    ]),
  });
}

const claimTable = ({ claims }: Reference2025, style: Style): string =>
  renderTable({
    style,
    columns: [
      { title: 'claim' },
      right('published'),
      right('stated basis'),
      right('most'),
      { title: 'verdict' },
    ],
    rows: claims.map(({ id, claim, published, stated, most, verdict }) => [
      `${id} ${claim}`,
      published.toFixed(1),
      span(stated),
      most.value.toFixed(2),
      verdict,
    ]),
  });

const neededTable = ({ needed }: Reference2025, style: Style): string =>
  renderTable({
    style,
    columns: [
      { title: 'cost basis' },
      right('$/h', 'G3, B200 / H100'),
      right('4x on G3', 'decode / H100'),
      right('relative', 'efficiency'),
      right('2.5x on B200', 'decode / H100'),
      right('relative', 'efficiency'),
    ],
    rows: needed.map((one) => [
      one.basis,
      `${one.cost_ratio.gaudi3.toFixed(3)}, ${one.cost_ratio.b200.toFixed(3)}`,
      one.gaudi3_decode,
      one.gaudi3_relative_efficiency,
      one.b200_decode,
      one.b200_relative_efficiency,
    ]),
  });

const STATED = 'asgar2025-stated';

function fittedText({ devices, claims, rows }: Reference2025['fitted'][number], style: Style): string[] {
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
