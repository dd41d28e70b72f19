import type { PredictedSteps } from '../fit/tails/predict-steps.ts';
import type { PredictedTails } from '../fit/tails/predict-tails.ts';
import type { TailSummaries } from '../fit/tails/tail-errors.ts';
import { TAIL_KEYS, type TailKey, tailKey } from '../fit/tails/tail-keys.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { PredictedObjective } from '../predict/judge-objectives.ts';
import { formatNumber, formatPercent, latencyUnit } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable, type TableCell } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { TAIL_METRICS } from '../roofline/tails.ts';
import { UNSEEN } from './error-text.ts';

type FitTails = NonNullable<Fit['tails']>;

const right = (title: string) => ({ title, align: 'right' as const });
const rangeText = (interval: readonly [number, number] | null, factor: number): string =>
  interval?.map((end) => formatNumber(end * factor, 4)).join(' to ') ?? '';

/** `tbt  7.94  8.12  44.6  41.0 to 48.5  ms`: a row for each metric. */
export const tailsTable = (tails: PredictedTails, style: Style): string =>
  renderTable({
    columns: [
      { title: 'metric' },
      right('p50'),
      right('p90'),
      right('p99'),
      right('90 % interval of p99'),
      { title: 'unit' },
    ],
    rows: TAIL_METRICS.flatMap((metric): TableCell[][] => {
      const slowest = tails[tailKey(metric, 0.99)];
      if (slowest.value === null) return [];
      const { unit, factor } = latencyUnit(slowest.value);
      const values = [0.5, 0.9, 0.99].map((q) => formatNumber(tails[tailKey(metric, q)].value! * factor, 4));
      return [[metric, ...values, rangeText(slowest.interval_90, factor), unit]];
    }),
    style,
  });

/** `between tokens: 93.2 % steps of decodes alone, 29.8 ms on average; 6.8 % with prompts, 402.1 ms`; nothing without gaps. */
export function stepsText(steps: PredictedSteps | null): string[] {
  if (steps === null) return [];
  const { pure_ms, mixed_share, mixed_ms } = steps;
  const ms = (value: number): string => `${formatNumber(value, 4)} ms`;
  const parts = [
    ...(pure_ms === null
      ? []
      : [`${formatPercent(1 - mixed_share)} are steps of decodes alone, ${ms(pure_ms)} on average`]),
    ...(mixed_ms === null ? [] : [`${formatPercent(mixed_share)} steps with prompts, ${ms(mixed_ms)}`]),
  ];
  return [wrapLines(`of the gaps between tokens ${parts.join('; ')}`, REPORT_COLUMNS)];
}

const verdictOf = ({ met, sure }: PredictedObjective): string => {
  if (met === null) return 'no such latency';
  const said = met ? 'met' : 'not met';
  return sure === false ? `${said}, but the limit lies in the interval` : said;
};

/** Limits beside what is predicted. */
export const objectivesTable = (objectives: readonly PredictedObjective[], style: Style): string =>
  renderTable({
    columns: [
      { title: 'objective' },
      { ...right('limit'), unit: 'ms' },
      { ...right('predicted'), unit: 'ms' },
      right('90 % interval'),
      { title: 'verdict' },
    ],
    rows: objectives.map((one) => [
      one.key,
      formatNumber(one.limit_ms, 4),
      formatNumber(one.value_ms, 4),
      rangeText(one.interval_90_ms, 1),
      verdictOf(one),
    ]),
    style,
  });

const ERROR_COLUMNS = [
  { title: 'percentile' },
  right('n'),
  { ...right('MAPE'), unit: '%' },
  { ...right('median'), unit: '%' },
  { ...right('p90'), unit: '%' },
  { ...right('bias'), unit: '%' },
  { ...right('in 90 %'), unit: '%' },
];

const errorRows = (errors: TailSummaries, keys: readonly TailKey[]): TableCell[][] =>
  keys.flatMap((key) => {
    const one = errors[key];
    if (!one) return [];
    const { n, mape, median_ape, p90_ape, bias, coverage_90 } = one;
    const covered = coverage_90 === null ? '-' : formatNumber(coverage_90, 2);
    return [[key.replace(/_ms$/, ''), String(n), mape, median_ape, p90_ape, bias, covered]];
  });

/** Errors of percentiles by the scheduler, those that cells measured. */
export const tailErrorsTable = (errors: TailSummaries, style: Style): string =>
  renderTable({ columns: ERROR_COLUMNS, rows: errorRows(errors, TAIL_KEYS), style });

/** Of blocks that were left out the middle and the slowest percent are shown; the file has all. */
const SHOWN_KEYS = TAIL_METRICS.flatMap((metric) => [tailKey(metric, 0.5), tailKey(metric, 0.99)]);

/** Nothing where no block was left out, or none measured percentiles. */
function blockedText(blocked: FitTails['errors']['blocked'], style: Style): string[] {
  const rows = (blocked ?? []).flatMap(({ kind, errors }) =>
    errorRows(errors as TailSummaries, SHOWN_KEYS).map((row) => [UNSEEN[kind], ...row]),
  );
  if (rows.length === 0) return [];
  return [
    style.bold('percentiles of blocks left out'),
    renderTable({ columns: [{ title: 'cells' }, ...ERROR_COLUMNS], rows, style }),
  ];
}

/** What the percentiles of a fit's cells showed, and how far they are off on cells kept from it, or else on its own. */
export function tailsText({ traits, max_num_batched_tokens, errors }: FitTails, style: Style): string {
  const { step_spread, prompt_step_ratio, prompt_step_extra_s } = traits;
  const facts = [
    `steps vary by ${formatPercent(step_spread)}`,
    `prompts add ${formatNumber(prompt_step_ratio)} of the roofline's time to one and ${formatNumber(1e3 * prompt_step_extra_s)} ms of a device`,
    ...(max_num_batched_tokens === null ? [] : [`a step takes ${max_num_batched_tokens} tokens`]),
  ];
  const kept = errors.hold_out !== null && Object.keys(errors.hold_out).length > 0;
  return [
    style.bold(`percentiles, ${kept ? 'cells kept from the fit' : 'cells of the fit'}`),
    wrapLines(facts.join('; '), REPORT_COLUMNS),
    tailErrorsTable((kept ? errors.hold_out : errors.in_sample) as TailSummaries, style),
    ...blockedText(errors.blocked, style),
  ].join('\n');
}
