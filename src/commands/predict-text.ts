import type { Predictor } from '../fit/cell-model.ts';
import type { Predicted } from '../fit/predictive.ts';
import { MOST_DOUBLINGS } from '../predict/extrapolation.ts';
import type { FitPrediction } from '../predict/predict.ts';
import { formatNumber } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { intervalText, loopText, predictionTable } from './prediction-table.ts';
import { objectivesTable, stepsText, tailsTable } from './tails-text.ts';

const HOW: Readonly<Record<Predictor, string>> = {
  scheduler: 'the scheduler',
  closed_form: 'the closed form',
};

const DIGITS = 4;

/** A prediction as people read it: a table, and what to know about it. */
export function predictionText(prediction: FitPrediction, wantsTails: boolean, style: Style): string {
  const notes = [
    ...simulatedNote(prediction),
    ...prediction.extrapolates.map((what) => `extrapolates: ${what}`),
  ];
  if (prediction.doublings_outside > 0) notes.push(widthNote(prediction.doublings_outside));
  if (wantsTails && prediction.tails?.tbt_p99_ms.interval_90 === null && prediction.doublings_outside === 0) {
    notes.push(prediction.predictor === 'scheduler' ? UNCHECKED : UNCHECKED_FORM);
  }
  if (prediction.rough) notes.push(ROUGH);
  return [
    style.bold(loopText(prediction)),
    predictionTable(
      prediction,
      {
        digits: DIGITS,
        without: prediction.doublings_outside > 0 ? 'outside the measured range' : '',
        more: energyRows(prediction),
      },
      style,
    ),
    ...(wantsTails && prediction.tails
      ? [tailsTable(prediction.tails, style), ...stepsText(prediction.steps)]
      : []),
    ...(prediction.objectives.length > 0 ? [objectivesTable(prediction.objectives, style)] : []),
    `predicted by ${HOW[prediction.predictor]}`,
    ...notes.map((note) => style.yellow(wrapLines(note, REPORT_COLUMNS))),
  ].join('\n');
}

/** Power and energy, where the fit knows them. */
function energyRows({ energy }: FitPrediction): string[][] {
  if (energy === null) return [];
  const row = (name: string, { value, interval_90 }: Predicted, unit: string): string[] => [
    name,
    formatNumber(value, DIGITS),
    intervalText(interval_90, DIGITS),
    unit,
  ];
  return [row('power', energy.power_w, 'W'), row('energy', energy.joules_per_output_token, 'J/token')];
}

const UNCHECKED =
  'the slowest gaps have no interval: no or too few cells of the fit measured them, so their steps are taken to be without noise';
const UNCHECKED_FORM =
  'the slowest gaps have no interval by the closed form: no or too few cells of the fit measured them, or it is older than such intervals; leave out --closed-form';
export const ROUGH =
  'rough: prompts nearly saturate the server or requests queue; leave out --closed-form here';

const simulatedNote = ({ simulated }: FitPrediction): string[] =>
  simulated ? ['SIMULATED: the fit is of a simulated endpoint, not of a real device'] : [];

const widthNote = (doublings: number): string =>
  doublings > MOST_DOUBLINGS
    ? 'outside the measured range: too far for an interval; the means are a guess by the model alone'
    : 'outside the measured range: the intervals are widened by the distance, which is a rule of thumb';
