import type { CompareQuestion, Comparison } from '../cost/compare.ts';
import type { CompareRow } from '../cost/compare-row.ts';
import type { Origin } from '../cost/phase-source.ts';
import type { WholeChoice } from '../cost/ratio.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { breakEvenText, footLines } from './compare-notes.ts';

/** Stands behind a name. */
const MARKS: Readonly<Record<Origin, string>> = {
  fit: '',
  carried_fit: ' ~',
  spec_sheet: ' ?',
  uniform_efficiency: ' =',
};

const right = (title: string, unit?: string) => ({ title, ...(unit && { unit }), align: 'right' }) as const;
const nameOf = (row: CompareRow): string => `${row.name}${MARKS[row.origin]}`;
const interval = (ends: readonly [number, number] | undefined): string =>
  ends ? ends.map(endText).join(' to ') : '-';
/** In some draws the option, or the baseline, meets no objective: nothing is gained, or all. */
const endText = (end: number): string => (end > 0 && Number.isFinite(end) ? formatNumber(end) : 'unmet');

/** Whether the interval says that a row is better or worse than the baseline. */
function verdictOf({ uncertainty, name }: CompareRow, baseline: string): string {
  if (name === baseline) return 'baseline';
  if (uncertainty === null) return 'unknown';
  if (!uncertainty.excludes_one) return 'unclear';
  return uncertainty.benefit_90[0] > 1 ? 'better' : 'worse';
}

/** Controls of either kind that always stand beside the pairs. */
const CONTROLS = 3;

/** The rows that are printed: the first ones, the baseline, and the best of aggregated and of homogeneous serving. */
export function shownRows({ rows, baseline }: Comparison, top: number): CompareRow[] {
  const aggregated = rows.filter(({ kind }) => kind === 'aggregated').slice(0, CONTROLS);
  const alike = rows.filter((row) => row.kind === 'pair' && row.prefill === row.decode).slice(0, CONTROLS);
  const controls = new Set([...aggregated, ...alike]);
  return rows.filter((row, rank) => rank < top || row.name === baseline || controls.has(row));
}

/** A row with its place in the whole ranking, by which the tables below the first name it. */
interface Ranked {
  readonly rank: string;
  readonly row: CompareRow;
}

/** A comparison for people. */
export function comparisonText(
  comparison: Comparison,
  question: CompareQuestion,
  top: number,
  style: Style,
): string {
  const rows = shownRows(comparison, top);
  const ranked = rows.map((row): Ranked => ({ rank: `${comparison.rows.indexOf(row) + 1}`, row }));
  const left = comparison.rows.length - rows.length;
  return [
    ...headLines(question).map((line) => wrapLines(line, REPORT_COLUMNS)),
    '',
    costTable(ranked, comparison, question, style),
    '',
    planTable(ranked, question, style),
    '',
    ...(rows.some(({ ratio }) => ratio !== null) ? [ratioTable(ranked, style), ''] : []),
    ...footLines(comparison, rows, left).map((line) => wrapLines(line, REPORT_COLUMNS)),
  ].join('\n');
}

function headLines({ workload, objectives, basis, rules, budget }: CompareQuestion): string[] {
  const asked = objectives.map(({ key, limit_s }) => `${key}=${formatNumber(1e3 * limit_s)}`).join(', ');
  const { queueing, transfer } = rules;
  const queue =
    queueing.kind === 'none'
      ? 'no queue'
      : `Poisson, ${queueing.workers === 1 ? 'a queue for each prefill worker' : `a queue for every ${queueing.workers} prefill workers`} (M/D/${queueing.workers})`;
  return [
    `${workload.input} in, ${workload.output} out; ${asked === '' ? 'no latency limit' : asked}`,
    `cost basis ${basis.name} (${basis.date}): ${basis.includes}; excludes ${basis.excludes}`,
    `arrivals: ${queue}; KV transfer ${transfer?.mode.replace('_', '-') ?? 'free'}, computed, not measured`,
    ...(budget ? [`ranked by requests/s within ${budget.kind}=${budget.most}`] : []),
  ];
}

function costTable(
  rows: readonly Ranked[],
  { baseline }: Comparison,
  { budget }: CompareQuestion,
  style: Style,
): string {
  return renderTable({
    style,
    columns: [
      right('#'),
      { title: 'prefill::decode' },
      right('total', '$/Mtok'),
      right('input', '$/Mtok'),
      right('output', '$/Mtok'),
      right('gain', 'x'),
      right('90 %'),
      { title: 'verdict' },
      ...(budget ? [right('in budget', 'req/s'), right('gain', 'x'), right('devices')] : []),
    ],
    rows: rows.map(({ rank, row }) => [
      rank,
      nameOf(row),
      row.cost.total_usd_per_mtok,
      row.kind === 'pair' ? row.cost.split.input_usd_per_mtok : null,
      row.kind === 'pair' ? row.cost.split.output_usd_per_mtok : row.cost.output_usd_per_mtok,
      row.benefit,
      row.name === baseline ? '-' : interval(row.uncertainty?.benefit_90),
      verdictOf(row, baseline),
      ...(budget
        ? [row.budget?.requests_per_s ?? null, row.budget?.benefit ?? null, row.budget?.devices ?? null]
        : []),
    ]),
  });
}

/** `ms p99`: by what statistic a latency stands in its column. */
const statisticOf = ({ objectives }: CompareQuestion, metric: 'ttft' | 'tpot'): string => {
  const key = objectives.find((one) => one.metric === metric)?.key ?? `${metric}_mean_ms`;
  return `ms ${key.split('_')[1]}`;
};

const planTable = (rows: readonly Ranked[], question: CompareQuestion, style: Style): string =>
  renderTable({
    style,
    columns: [
      right('#'),
      right('TTFT', statisticOf(question, 'ttft')),
      right('TPOT', statisticOf(question, 'tpot')),
      right('tok/s', 'a device'),
      right('tok/s', 'a user'),
      right('Mtok', 'a $'),
      right('power', 'W'),
      right('TP x batch', 'P, D'),
      right('busy', 'P'),
    ],
    rows: rows.map(({ rank, row }) => [
      rank,
      row.ttft_ms,
      row.tpot_ms,
      row.output_tokens_per_s_per_device,
      row.output_tokens_per_s_per_user,
      row.output_tokens_per_usd / 1e6,
      row.power_w_per_device,
      planText(row),
      row.plan.prefill_utilisation === null ? '-' : formatPercent(row.plan.prefill_utilisation),
    ]),
  });

function planText({ kind, plan, beyond_measured_batch }: CompareRow): string {
  const decode = `${plan.decode_tp}x${plan.decode_batch}${beyond_measured_batch === null ? '' : '*'}`;
  return kind === 'aggregated' ? decode : `${plan.prefill_tp}x${plan.prefill_batch}, ${decode}`;
}

const ratioTable = (rows: readonly Ranked[], style: Style): string =>
  renderTable({
    style,
    columns: [
      right('#'),
      right('P:D'),
      right('devices'),
      right('$/Mtok'),
      right('idle P, D'),
      right('in nodes'),
      right('$/Mtok'),
      right('KV', 'ms'),
      right('even at', '$/kWh'),
    ],
    rows: rows
      .filter(({ row }) => row.ratio !== null)
      .map(({ rank, row }) => {
        const { fractional, whole_devices, whole_nodes } = row.ratio!;
        const perMtok = (one: WholeChoice | null): number | null =>
          one && (one.usd_per_request / row.cost.usd_per_request) * row.cost.total_usd_per_mtok;
        return [
          rank,
          fractional,
          devicesText(whole_devices),
          perMtok(whole_devices),
          whole_devices
            ? `${formatPercent(whole_devices.idle.prefill)}, ${formatPercent(whole_devices.idle.decode)}`
            : '-',
          devicesText(whole_nodes),
          perMtok(whole_nodes),
          row.plan.transfer_ms,
          row.break_even?.tariff ? breakEvenText(row.break_even.tariff) : '-',
        ];
      }),
  });

const devicesText = (one: WholeChoice | null): string =>
  one ? `${one.prefill_devices}:${one.decode_devices}` : '-';
