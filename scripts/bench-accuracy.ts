import { parseArgs } from 'node:util';
import { Bench } from './accuracy/bench.ts';
import { capacityFromDriver } from './accuracy/blocks/capacity.ts';
import { ONE_CELL_CODE, oneCellRows } from './accuracy/blocks/one-cell.ts';
import { PADDING_CODE, paddingRows } from './accuracy/blocks/padding.ts';
import { SPECULATION_CODE, speculationRows } from './accuracy/blocks/speculation.ts';
import { TAILS_CODE, tailLine, tailRows, tailTable, tailVerdict } from './accuracy/blocks/tails.ts';
import { BLOCKS } from './accuracy/blocks.ts';
import { missingFiles } from './accuracy/data-files.ts';
import { intervalFigures } from './accuracy/intervals.ts';
import { othersTable } from './accuracy/others.ts';
import { POWER_CODES, powerBlocks } from './accuracy/power/blocks.ts';
import { powerRow, powerTable } from './accuracy/power/rows.ts';
import { type AccuracyRow, mapeVerdict, rowsOf } from './accuracy/rows.ts';
import { simulatedLine, simulatedTable } from './accuracy/simulated-table.ts';
import { accuracyTable, intervalTable, lineOf, verdictOf } from './accuracy/table.ts';

/**
 * How far predictions are off on public measurements, block by block: everything, discrete choices included, is learnt without
 * the cells that are predicted; C1, SD and PD are of simulated devices. `--only G1,G4` asks some blocks, `--json` prints rows and nothing else.
 */
const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
});

const SIMULATED = [
  { code: ONE_CELL_CODE, rowsBy: oneCellRows },
  { code: SPECULATION_CODE, rowsBy: speculationRows },
  { code: PADDING_CODE, rowsBy: paddingRows },
];
const SIMULATED_CODES = SIMULATED.map(({ code }) => code);
const wanted = flags.only?.split(',');
const isSimulated = wanted?.every((code) => SIMULATED_CODES.includes(code)) ?? false;
const missing = isSimulated ? [] : missingFiles();
if (missing.length > 0) {
  console.error(`skipped: there is no ${missing.join(', ')}; RIDGE_DATA names the folder of the public data`);
  if (flags.json) console.log('[]');
  process.exit();
}

const CODES = [...BLOCKS.map(({ code }) => code), TAILS_CODE, ...SIMULATED_CODES, ...POWER_CODES];
const stray = wanted?.find((code) => !CODES.includes(code));
if (stray !== undefined) {
  console.error(`--only: there is no block ${stray}; there are ${CODES.join(' ')}`);
  process.exit(2);
}

const start = performance.now();
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(0)} s`;
const elapsed = (): string => seconds(performance.now() - start);
const progress = (what: string): void => console.error(`${elapsed().padStart(6)}  ${what}`);

let current = '';
const bench = new Bench((what) => progress(`${current}: fit of ${what}`));
const rows = BLOCKS.filter(({ code }) => wanted?.includes(code) ?? true).flatMap((block) => {
  current = block.code;
  const own = block.ask(bench).flatMap(rowsOf);
  for (const each of own) progress(lineOf(each));
  return own;
});
const scores = [...new Set(rows.map(({ score }) => score))];
const capacity = wanted === undefined || wanted.includes('U1') ? capacityFromDriver() : null;
current = TAILS_CODE;
const tails =
  wanted === undefined || wanted.includes(TAILS_CODE)
    ? tailRows(bench, (row) => progress(tailLine(row)))
    : [];
const simulated = SIMULATED.filter(({ code }) => wanted?.includes(code) ?? true).flatMap(({ rowsBy }) =>
  rowsBy((row) => progress(simulatedLine(row))),
);
const power =
  wanted === undefined || wanted.some((code) => POWER_CODES.includes(code)) ? powerBlocks(wanted) : [];
progress('done');

if (flags.json)
  console.log(
    JSON.stringify(
      [...rows.map(({ row }) => row), ...capacityRows(), ...tails, ...simulated, ...power.map(powerRow)],
      null,
      1,
    ),
  );
else print();

function capacityRows(): AccuracyRow[] {
  if (!capacity) return [];
  const error = Math.abs(capacity.error_percent);
  return [
    {
      block: 'U1 KV capacity of the H200 server from driver bytes',
      metric: 'kv_capacity_tokens',
      n: 1,
      mape: error,
      median_ape: error,
      p90_ape: error,
      bias: capacity.error_percent,
      coverage_90: null,
      target: 1,
      refused: null,
    },
  ];
}

function print(): void {
  if (rows.length > 0) console.log(accuracyTable(rows));
  if (capacity) {
    const off = capacity.error_percent.toFixed(2);
    console.log(
      `\nKV capacity of the H200 server from driver bytes: ${capacity.tokens} tokens, ${off} % off (target 1): ${Math.abs(capacity.error_percent) <= 1 ? 'reached' : 'missed'}`,
    );
  }
  if (rows.length > 0) console.log(`\n${intervalTable(intervalFigures(scores))}`);
  if (tails.length > 0) console.log(`\n${tailTable(tails)}`);
  if (simulated.length > 0) console.log(`\n${simulatedTable(simulated)}`);
  if (power.length > 0) console.log(`\n${powerTable(power)}`);
  console.log(`\n${othersTable()}`);
  const verdicts = [
    ...rows.map(verdictOf),
    ...tails.map(tailVerdict),
    ...[...simulated, ...power.map(powerRow)].map(mapeVerdict),
  ];
  const count = (begin: string): number => verdicts.filter((verdict) => verdict.startsWith(begin)).length;
  console.log(
    `\n${count('reached')} targets reached, ${count('missed')} missed, ${count('refused')} rows refused; ${elapsed()}, ${seconds(process.cpuUsage().user / 1000)} of them of one core`,
  );
}
