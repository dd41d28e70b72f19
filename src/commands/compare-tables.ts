import type { CompareQuestion } from '../cost/compare.ts';
import type { CompareRow } from '../cost/compare-row.ts';
import type { WholeChoice } from '../cost/ratio.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { breakEvenText } from './compare-notes.ts';

/** A row with its place in the whole ranking, by which the tables below the first name it. */
export interface Ranked {
  readonly rank: string;
  readonly row: CompareRow;
}

export const right = (title: string, unit?: string) =>
  ({ title, ...(unit && { unit }), align: 'right' }) as const;

/** Whole workers within the budget, or for the rate. */
export const budgetTable = (
  rows: readonly Ranked[],
  { kind }: NonNullable<CompareQuestion['budget']>,
  style: Style,
): string =>
  renderTable({
    style,
    columns: [
      right('#'),
      right(kind === 'requests_per_s' ? 'for rate' : 'in budget', 'req/s'),
      right('cost', '$/h'),
      right('power', 'kW'),
      right('gain', 'x'),
      right('devices', 'P:D'),
    ],
    rows: rows.map(({ rank, row: { budget } }) => [
      rank,
      budget?.requests_per_s ?? null,
      budget?.usd_per_h ?? null,
      budget?.kw ?? null,
      budget?.benefit ?? null,
      budget?.devices ?? null,
    ]),
  });

/** `ms p99`: by what statistic a latency stands in its column. */
const statisticOf = ({ objectives }: CompareQuestion, metric: 'ttft' | 'tpot' | 'tbt'): string => {
  const key = objectives.find((one) => one.metric === metric)?.key ?? `${metric}_mean_ms`;
  return `ms ${key.split('_')[1]}`;
};

export const planTable = (rows: readonly Ranked[], question: CompareQuestion, style: Style): string => {
  const hasGaps = question.objectives.some(({ metric }) => metric === 'tbt');
  return renderTable({
    style,
    columns: [
      right('#'),
      right('TTFT', statisticOf(question, 'ttft')),
      right('TPOT', statisticOf(question, 'tpot')),
      ...(hasGaps ? [right('TBT', statisticOf(question, 'tbt'))] : []),
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
      ...(hasGaps ? [row.tbt_ms] : []),
      row.output_tokens_per_s_per_device,
      row.output_tokens_per_s_per_user,
      row.output_tokens_per_usd / 1e6,
      powerText(row),
      planText(row),
      row.plan.prefill_utilisation === null ? '-' : formatPercent(row.plan.prefill_utilisation),
    ]),
  });
};

/** `f` marks watts of a fit's power model, whole or in part. */
const powerText = ({ power_w_per_device: watts, power_kinds }: CompareRow): string =>
  watts === null ? '-' : `${formatNumber(watts)}${power_kinds.includes('fit') ? ' f' : ''}`;

function planText({ kind, plan, beyond_measured_batch }: CompareRow): string {
  const decode = `${plan.decode_tp}x${plan.decode_batch}${beyond_measured_batch === null ? '' : '*'}`;
  return kind === 'aggregated' ? decode : `${plan.prefill_tp}x${plan.prefill_batch}, ${decode}`;
}

export const ratioTable = (rows: readonly Ranked[], style: Style): string =>
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
