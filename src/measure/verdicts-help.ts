import { ENERGY_CODES } from '../power/energy-codes.ts';
import { CALIBRATION_LIMITS, THRESHOLD_RULES } from '../suite/thresholds.ts';
import { VERDICT_TABLE } from './thresholds.ts';

const energyRow = ([code, [effect, meaning]]: readonly [string, readonly [string, string]]): string =>
  `  ${code}: ${effect.replace('_', ' ')}\n      ${meaning}`;

/** Text of `ridge --help verdicts`. */
export function verdictsHelp(): string {
  const rows = Object.entries(VERDICT_TABLE).map(
    ([code, row]) => `  ${code}\n      ${row.gate}\n      verdict: ${row.effect}; fit: ${row.fit}`,
  );
  const thresholds = Object.entries(THRESHOLD_RULES).map(
    ([key, { value, least, most, what }]) => `  ${key}: ${value}\n      ${what}; from ${least} to ${most}`,
  );
  return [
    'Every cell gets a verdict: valid, flagged or invalid, with all its reasons. A',
    'fit leaves out the cells of which any reason says exclude; a note changes',
    'nothing. Where all of them exclude its means alone, a cell that is fitted by',
    "the engine's steps (mixed prompt lengths, or ridge fit --steps all) is used by",
    'those.',
    '',
    ...rows,
    '',
    'Energy has reasons of its own, which never touch the timings: reject leaves a',
    'cell without an energy, the others are shown with it.',
    '',
    ...Object.entries(ENERGY_CODES).map(energyRow),
    '',
    'The numbers behind them, with their defaults. A suite may set others, within',
    'limits, under the key thresholds. They are recorded with the run, and every fit',
    'of it says so; ridge check RUN --rejudge SUITE judges finished cells by them.',
    '',
    ...thresholds,
    '',
    'What ridge calibrate holds the client and its host to:',
    '',
    ...Object.entries(CALIBRATION_LIMITS).map(
      ([key, { value, what }]) => `  ${key}: ${value}\n      ${what}`,
    ),
  ].join('\n');
}
