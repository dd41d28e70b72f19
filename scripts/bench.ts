import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { renderTable } from '../src/report/text-table.ts';
import { fitSpeed } from './bench/fit-speed.ts';
import type { SpeedRow } from './bench/row.ts';
import { searchSpeed } from './bench/search-speed.ts';
import { servingSpeed } from './bench/serving-speed.ts';

/**
 * How fast predictions, searches of pairings and fits are, on one core: a worker measures, so that nothing else of this process counts. `--json`
 * prints the rows.
 */
if (isMainThread) {
  const { values: flags } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const worker = new Worker(new URL(import.meta.url));
  worker.once('message', (rows: SpeedRow[]) => {
    console.log(flags.json ? JSON.stringify(rows, null, 2) : tableOf(rows));
    process.exitCode = rows.some(({ value, target }) => value > target) ? 1 : 0;
  });
} else {
  parentPort!.postMessage([...servingSpeed(), ...searchSpeed(), ...fitSpeed()]);
}

function tableOf(rows: readonly SpeedRow[]): string {
  return renderTable({
    columns: [
      { title: 'what' },
      { title: 'took', align: 'right' },
      { title: 'limit', align: 'right' },
      { title: 'share', unit: '%', align: 'right' },
    ],
    rows: rows.map(({ name, value, unit, target }) => [
      name,
      `${value.toPrecision(3)} ${unit}`,
      `${target} ${unit}`,
      (100 * value) / target,
    ]),
  });
}
