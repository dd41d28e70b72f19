import type { Predictor } from '../fit/cell-model.ts';
import { METRIC_KEYS, type MetricKey, type Predicted } from '../fit/predictive.ts';
import { MOST_DOUBLINGS } from '../predict/extrapolation.ts';
import type { FitPrediction } from '../predict/predict.ts';
import { formatNumber, latencyUnit } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { tokensPerStep } from '../roofline/speculation.ts';
import { objectivesTable, tailsTable } from './tails-text.ts';

const HOW: Readonly<Record<Predictor, string>> = {
  scheduler: 'the scheduler',
  closed_form: 'the closed form',
};

/** A prediction as people read it: a table, and what to know about it. */
export function predictionText(prediction: FitPrediction, wantsTails: boolean, style: Style): string {
  const rows = [...METRIC_KEYS.map((key) => rowOf(key, prediction)), ...energyRows(prediction)];
  const notes = [
    ...simulatedNote(prediction),
    ...prediction.extrapolates.map((what) => `extrapolates: ${what}`),
  ];
  if (prediction.doublings_outside > 0) notes.push(widthNote(prediction.doublings_outside));
  if (wantsTails && prediction.tails?.tbt_p99_ms.interval_90 === null && prediction.doublings_outside === 0) {
    notes.push(prediction.predictor === 'scheduler' ? UNCHECKED : UNCHECKED_FORM);
  }
  if (prediction.rough) {
    notes.push('rough: prompts nearly saturate the server or requests queue; leave out --closed-form here');
  }
  const { input, cached_input, output, concurrency, tp, speculation, predictor } = prediction;
  const cached = cached_input === 0 ? '' : ` (${cached_input} cached)`;
  return [
    style.bold(
      `${input} in${cached}, ${output} out, concurrency ${concurrency}, TP ${tp}${speculationText(speculation)}`,
    ),
    renderTable({
      columns: [
        { title: 'metric' },
        { title: 'mean', align: 'right' },
        { title: '90 % interval', align: 'right' },
        { title: 'unit' },
      ],
      rows,
      style,
    }),
    ...(wantsTails && prediction.tails ? [tailsTable(prediction.tails, style)] : []),
    ...(prediction.objectives.length > 0 ? [objectivesTable(prediction.objectives, style)] : []),
    `predicted by ${HOW[predictor]}`,
    ...notes.map((note) => style.yellow(wrapLines(note, REPORT_COLUMNS))),
  ].join('\n');
}

const speculationText = (speculation: FitPrediction['speculation']): string =>
  speculation === null
    ? ''
    : `, ${formatNumber(tokensPerStep(speculation), 3)} tokens a step (${speculation.draftTokens} proposed)`;

/** A metric in the unit that people read it in: `ttft  45.31  41.02 to 50.05  ms`. */
function rowOf(key: MetricKey, prediction: FitPrediction): string[] {
  const { value, interval_90 } = prediction[key];
  const { unit, factor } = key.endsWith('_ms') ? latencyUnit(value) : { unit: 'tokens/s', factor: 1 };
  const interval = interval_90?.map((end) => formatNumber(end * factor, 4)).join(' to ');
  const none = value !== null && prediction.doublings_outside > 0 ? 'outside the measured range' : '';
  const scaled = value === null ? null : value * factor;
  return [key.replace(/_ms$/, ''), formatNumber(scaled, 4), interval ?? none, unit];
}

/** Power and energy, where the fit knows them. */
function energyRows({ energy }: FitPrediction): string[][] {
  if (energy === null) return [];
  const row = (name: string, { value, interval_90 }: Predicted, unit: string): string[] => [
    name,
    formatNumber(value, 4),
    interval_90?.map((end) => formatNumber(end, 4)).join(' to ') ?? '',
    unit,
  ];
  return [row('power', energy.power_w, 'W'), row('energy', energy.joules_per_output_token, 'J/token')];
}

const UNCHECKED =
  'the slowest gaps have no interval: no or too few cells of the fit measured them, so their steps are taken to be without noise';
const UNCHECKED_FORM = 'percentiles have no interval by the closed form: leave out --closed-form';

const simulatedNote = ({ simulated }: FitPrediction): string[] =>
  simulated ? ['SIMULATED: the fit is of a simulated endpoint, not of a real device'] : [];

const widthNote = (doublings: number): string =>
  doublings > MOST_DOUBLINGS
    ? 'outside the measured range: too far for an interval; the means are a guess by the model alone'
    : 'outside the measured range: the intervals are widened by the distance, which is a rule of thumb';
