import { METRIC_KEYS } from '../fit/predictive.ts';
import { counted } from '../plural.ts';
import type { UnmeasuredPrediction, WidthShare } from '../predict/predict-unmeasured.ts';
import { latencyUnit } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { sizesText } from './padding-text.ts';
import { ROUGH } from './predict-text.ts';
import { intervalText, loopText, predictionTable } from './prediction-table.ts';
import { objectivesTable, stepsText, tailsTable } from './tails-text.ts';

const DIGITS = 3;

/** A prediction of a server without a fit as people read it: a table, and what stands behind it. */
export function unmeasuredText(prediction: UnmeasuredPrediction, wantsTails: boolean, style: Style): string {
  const { tails, objectives, width_from } = prediction;
  const notes = [
    ...(prediction.simulated
      ? ['SIMULATED: the cells are of a simulated endpoint, not of a real device']
      : []),
    knowledge(prediction),
    ...narrowing(prediction),
    settingsText(prediction),
    ...paddingNote(prediction),
    ...(tails?.tbt_p99_ms.interval_90 === null ? [NO_INTERVALS] : []),
    ...(prediction.speculation ? [SPECULATION] : []),
    ...(prediction.rough ? [ROUGH] : []),
    `width of TTFT from ${sharesText(width_from.ttft_ms)}`,
    ...(width_from.tpot_ms.length > 0 ? [`width of TPOT from ${sharesText(width_from.tpot_ms)}`] : []),
  ];
  return [
    style.bold(loopText(prediction)),
    predictionTable(prediction, { digits: DIGITS }, style),
    ...(wantsTails && tails ? [tailsTable(tails, style), ...stepsText(prediction.steps)] : []),
    ...(objectives.length > 0 ? [objectivesTable(objectives, style)] : []),
    ...notes.map((note) => style.yellow(wrapLines(note, REPORT_COLUMNS))),
  ].join('\n');
}

const NO_INTERVALS =
  'percentiles have no interval and steps no noise: no cell of this server showed how its steps vary';
const SPECULATION = 'speculative decoding: the acceptance is the one that was given';

/** What stands behind it. */
function knowledge(prediction: UnmeasuredPrediction): string {
  const { model, precision, accelerator, engine, device_measured, narrowed } = prediction;
  const server = `${model} (${precision}) on ${accelerator}, ${engine ?? 'an engine without fits'}`;
  const behind = device_measured
    ? 'known from fits of other models there'
    : 'no fit of this device: known from its spec sheet and fits of other devices';
  return narrowed === null
    ? `never measured: ${server}; ${behind}`
    : `${server}: ${behind}, and by ${counted(narrowed.cells, 'cell')} of its own`;
}

/** What its cells did to the intervals: `before its 3 cells TTFT 289 to 645 ms, TPOT 35.4 to 57.7 ms`. */
function narrowing({ narrowed }: UnmeasuredPrediction): string[] {
  if (narrowed === null) return [];
  const before = METRIC_KEYS.slice(0, 2).flatMap((key): string[] => {
    const { value, interval_90 } = narrowed.before[key];
    const { unit, factor } = latencyUnit(value);
    const ends = intervalText(interval_90, DIGITS, factor);
    return ends === '' ? [] : [`${key.replace('_ms', '').toUpperCase()} ${ends} ${unit}`];
  });
  return [`before ${narrowed.cells === 1 ? 'this cell' : 'these cells'}: ${before.join(', ')}`];
}

function settingsText({ settings, narrowed }: UnmeasuredPrediction): string {
  const { maxNumBatchedTokens, budgetMarginTokens: margin, kvCapacityTokens } = settings;
  const budget = margin === undefined ? String(maxNumBatchedTokens) : `of its prompt and streams + ${margin}`;
  const facts = `max_num_batched_tokens ${budget}, ${Math.floor(kvCapacityTokens)} tokens of KV cache`;
  return narrowed === null ? `assumed: ${facts} (90 % of memory)` : `served as its cells were: ${facts}`;
}

function paddingNote({ settings: { padding }, padding_differs, narrowed }: UnmeasuredPrediction): string[] {
  if (padding_differs) return ['fits of this device pad steps to different sizes: none are assumed'];
  return padding && narrowed === null
    ? [`steps are padded as in fits of this device: ${sizesText(padding)}`]
    : [];
}

const SHOWN = 3;
const sharesText = (shares: readonly WidthShare[]): string =>
  shares
    .slice(0, SHOWN)
    .map(({ parameter, share }) => `${parameter} ${(share * 100).toFixed(0)} %`)
    .join(', ');
