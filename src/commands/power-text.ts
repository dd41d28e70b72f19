import { POWER_PARAMETER_UNITS } from '../fit/power/parameters.ts';
import type { PowerSection } from '../fitfile/power-schema.ts';
import { formatNumber, formatQuantity } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';

/** Simpler predictions in a table of 80 columns. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'limit always': 'limit',
  'mean of the cells': 'mean',
  'linear in load': 'line in load',
};
const KINDS = { shape: 'a shape left out', tp: 'a TP left out', load: 'top load left out' } as const;

/** The power section of a fit: parameters with intervals, and what it misses of cells that it did not see. */
export function powerText(power: PowerSection, style: Style): string {
  const notes = [
    ...power.confounded.map(
      ({ parameters: [a, b], correlation }) =>
        `${a} and ${b} are confounded (correlation ${formatNumber(correlation)}): read them together`,
    ),
    ...(power.measured_idle_power_w === null
      ? ['idle power was not measured: it is fitted, from a weak prior']
      : []),
  ];
  const { unknown_prompt_lengths: unknown } = power;
  if (unknown !== undefined) notes.push(lengthsNote(unknown));
  return [
    style.bold(`power of one device, limit ${power.limit_w === null ? 'not known' : `${power.limit_w} W`}`),
    parameterTable(power, style),
    errorTable(power, style),
    ...notes.map((note) => style.yellow(wrapLines(note, REPORT_COLUMNS))),
  ].join('\n');
}

function lengthsNote(unknown: NonNullable<PowerSection['unknown_prompt_lengths']>): string {
  const { by_task, energy_per_flop_j_at_half: half, energy_per_flop_j_at_double: double } = unknown;
  const lengths = by_task
    .map(
      ({ task, input_tokens, as_good: [low, high] }) =>
        `${task} ${input_tokens} (${low} to ${high} fit as well)`,
    )
    .join(', ');
  const unit = POWER_PARAMETER_UNITS.energy_per_flop_j;
  return `prompt lengths were not recorded; fitted with the power, in tokens: ${lengths}. energy_per_flop_j is confounded with them: ${formatQuantity(half, unit)} with prompts half as long, ${formatQuantity(double, unit)} with twice`;
}

const parameterTable = (power: PowerSection, style: Style): string =>
  renderTable({
    columns: [
      { title: 'power' },
      { title: 'value', align: 'right' },
      { title: '90 % interval', align: 'right' },
      { title: 'note' },
    ],
    rows: Object.entries(power.parameters).flatMap(([name, one]) =>
      one.not_in_data
        ? []
        : [
            [
              name,
              formatQuantity(one.value, one.unit),
              one.interval_90?.map((end) => formatQuantity(end, one.unit)).join(' to ') ?? '',
              name === power.unknown_prompt_lengths?.confounded_with
                ? 'confounded'
                : one.prior_dominated
                  ? 'prior only'
                  : '',
            ],
          ],
    ),
    style,
  });

const errorTable = ({ validation }: PowerSection, style: Style): string =>
  renderTable({
    columns: [
      { title: 'power of' },
      { title: 'cells', align: 'right' },
      { title: 'error', unit: '%', align: 'right' },
      { title: 'in 90 %', unit: '%', align: 'right' },
      ...(validation.blocked[0]?.baselines ?? []).map(({ name }) => ({
        title: SHORT_NAMES[name] ?? name,
        unit: '%',
        align: 'right' as const,
      })),
    ],
    rows: [
      ['cells of the fit', String(validation.in_sample.n), formatNumber(validation.in_sample.mape, 2)],
      ...validation.blocked.flatMap((one) =>
        one.errors === null
          ? []
          : [
              [
                KINDS[one.kind],
                String(one.errors.n),
                formatNumber(one.errors.mape, 2),
                formatNumber(one.coverage_90, 2),
                ...one.baselines.map(({ errors }) => formatNumber(errors?.mape ?? null, 2)),
              ],
            ],
      ),
    ].map((row) => [
      ...row,
      ...Array(Math.max(0, 4 + (validation.blocked[0]?.baselines.length ?? 0) - row.length)).fill(''),
    ]),
    style,
  });
