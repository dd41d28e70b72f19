import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { NullServerTiming } from '../../src/null-server/options.ts';
import { renderTable } from '../../src/report/text-table.ts';
import { median, quantile, sortSample } from '../../src/stats/sorted.ts';
import { thresholdsOf } from '../../src/suite/thresholds.ts';
import type { Client } from './commands.ts';
import { loadOf } from './load.ts';
import type { CellResultFile, OwnCellTask } from './own-cell.ts';
import { pairs } from './pairs.ts';
import { type ClientRun, type Cores, on, runClient } from './run-client.ts';

/** One cell with other work on the client's core. */
interface Trial {
  readonly streams: number;
  /** Shares of the core that other processes want. */
  readonly hogs: readonly number[];
}

const LIMITS = thresholdsOf(undefined);
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const TRIALS: readonly Trial[] = [
  { streams: 50, hogs: [] },
  ...[[0.1], [0.3], [0.6], [1], [1, 1, 1]].map((hogs) => ({ streams: 50, hogs })),
  ...[[], [0.5], [1, 1]].map((hogs) => ({ streams: 200, hogs })),
  { streams: 800, hogs: [] },
  { streams: 1600, hogs: [] },
];

const cell = (seconds: number): Client => ({
  name: 'one cell',
  argv: (url, load, result) => {
    const task: OwnCellTask = { url, concurrency: load.streams, seconds, workers: 1, result };
    return [process.execPath, script('own-cell.ts'), JSON.stringify(task)];
  },
});

/**
 * Cells with the client starved by other work on its core and at the highest loads: what their stamps are truly off by, in
 * the terms that `client_bound` is judged in, and whether they are flagged. False when one that is off is not.
 */
export async function checkVerdicts(cores: Cores, resultFile: string, seconds: number): Promise<boolean> {
  const timing: NullServerTiming = { periodMs: 10, firstTokenMs: 200, release: 'together', keepLog: true };
  const rows = [];
  let honest = true;
  for (const trial of TRIALS) {
    const hogs = trial.hogs.map((share) => startHog(share, cores));
    const run = await runClient(cell(seconds), loadOf(trial.streams), timing, cores, resultFile).finally(
      () => {
        for (const hog of hogs) hog.kill('SIGKILL');
      },
    );
    await Promise.all(hogs);
    const { ttft, tpot } = trueShares(run);
    const off = ttft >= LIMITS.client_bound_ttft_share || tpot >= LIMITS.client_bound_tpot_share;
    const said = (run.result as CellResultFile).client_bound;
    const alone = trial.streams === 50 && trial.hogs.length === 0;
    const right = said === null ? !off : off || !alone;
    honest &&= right;
    rows.push([
      ...[trial.streams, trial.hogs.join(' + ') || 'none', 100 * ttft, 100 * tpot, off ? 'off' : 'sound'],
      ...[said ?? 'not flagged', right ? 'ok' : 'MISS'],
    ]);
  }
  console.log(renderTable({ columns: COLUMNS, rows }));
  return honest;
}

const COLUMNS = [
  { title: 'streams', align: 'right' },
  { title: 'other work', unit: 'of the core' },
  { title: 'TTFT off', unit: '% (p99)', align: 'right' },
  { title: 'TPOT off', unit: '% (p99)', align: 'right' },
  { title: 'truly' },
  { title: 'client_bound' },
  { title: '' },
] as const;

function startHog(share: number, cores: Cores) {
  const [file, ...args] = on(cores.client, [process.execPath, script('hog.ts'), `${share}`]);
  return execa(file!, args, { reject: false, stdio: 'ignore' });
}

/** p99 of what stamps are later than the truth, as shares of TTFT and of the time that TPOT is taken over: as `client_bound` takes its bounds. */
function trueShares({ result, truth }: ClientRun): { ttft: number; tpot: number } {
  const found = pairs(result!, truth);
  if (found.length === 0) throw new Error('no request of the cell is in the log of the server');
  const lateness = found.map(({ stamps, truth: { sentAt, tookS } }) =>
    stamps.map((at, token) => Math.max(0, at - sentAt[token]! - tookS[token]!)),
  );
  const meanTtft = found.reduce((sum, { ttft }) => sum + ttft, 0) / found.length;
  const span = median(found.map(({ stamps }) => stamps.at(-1)! - stamps[0]!))!;
  return { ttft: p99(lateness.map(([first]) => first!)) / meanTtft, tpot: p99(lateness.flat()) / span };
}

const p99 = (values: readonly number[]): number => quantile(sortSample(values)!, 0.99);
