import { METRIC_KEYS, type Predicted, type Prediction } from '../fit/predictive.ts';
import { formatNumber, latencyUnit } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { type Speculation, tokensPerStep } from '../roofline/speculation.ts';

/** What was asked, as predictions repeat it. */
interface AskedLoop {
  readonly input: number;
  readonly cached_input: number;
  readonly output: number;
  readonly concurrency: number;
  readonly tp: number;
  readonly speculation: Speculation | null;
}

/** `4096 in, 512 out, concurrency 32, TP 2` */
export function loopText({ input, cached_input, output, concurrency, tp, speculation }: AskedLoop): string {
  const cached = cached_input === 0 ? '' : ` (${cached_input} cached)`;
  const steps =
    speculation === null
      ? ''
      : `, ${formatNumber(tokensPerStep(speculation), 3)} tokens a step (${speculation.draftTokens} proposed)`;
  return `${input} in${cached}, ${output} out, concurrency ${concurrency}, TP ${tp}${steps}`;
}

export interface TableStyle {
  /** Significant digits: no more than the intervals leave. */
  readonly digits: number;
  /** Stands where a value has no interval; default: nothing. */
  readonly without?: string;
  /** Rows behind the latencies. */
  readonly more?: readonly (readonly string[])[];
}

/** Means with their intervals, each metric in the unit that people read it in: `ttft  45.31  41.02 to 50.05  ms`. */
export function predictionTable(
  prediction: Prediction,
  { digits, without = '', more = [] }: TableStyle,
  style: Style,
): string {
  const rows = METRIC_KEYS.map((key): string[] => {
    const { value, interval_90 } = prediction[key];
    const { unit, factor } = key.endsWith('_ms') ? latencyUnit(value) : { unit: 'tokens/s', factor: 1 };
    const none = value === null ? '' : without;
    return [
      key.replace(/_ms$/, ''),
      formatNumber(value === null ? null : value * factor, digits),
      intervalText(interval_90, digits, factor) || none,
      unit,
    ];
  });
  return renderTable({
    columns: [
      { title: 'metric' },
      { title: 'mean', align: 'right' },
      { title: '90 % interval', align: 'right' },
      { title: 'unit' },
    ],
    rows: [...rows, ...more.map((row) => [...row])],
    style,
  });
}

/** `41.02 to 50.05`; nothing where there is no interval. */
export const intervalText = (interval: Predicted['interval_90'], digits: number, factor = 1): string =>
  interval?.map((end) => formatNumber(end * factor, digits)).join(' to ') ?? '';
