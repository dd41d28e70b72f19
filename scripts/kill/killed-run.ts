import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRun } from '../../src/run/read-run.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { ridge } from '../vllm/ridge.ts';

/** What one start of a run came to. */
export interface Started {
  readonly killed: boolean;
  /** Cells that were on disk before it. */
  readonly before: number;
  /** Of those, the ones whose line is gone or changed. */
  readonly lost: number;
  /** Of those, the ones that it began to measure again. */
  readonly repeated: number;
}

const shapeOf = (cell: CellRecord['cell']): string => JSON.stringify(cell);

/** Whole lines of the record, by key. */
async function finishedLines(folder: string): Promise<Map<string, string>> {
  const file = join(folder, 'cells.jsonl');
  if (!existsSync(file)) return new Map();
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return new Map(lines.map((line) => [(JSON.parse(line) as CellRecord).key, line]));
}

/**
 * Starts a run, or goes on with it, and kills the controller (kill -9) after some seconds unless it ends before.
 * @param fresh how a run is started that has no record yet
 */
export async function startAndKill(
  fresh: readonly string[],
  folder: string,
  afterSeconds: number | null,
): Promise<Started> {
  const before = await finishedLines(folder);
  const known = new Set([...before.values()].map((line) => shapeOf((JSON.parse(line) as CellRecord).cell)));
  const argv = existsSync(join(folder, 'run.json')) ? ['--resume', folder] : [...fresh, '--out', folder];
  const child = ridge(['run', ...argv, '--json']);
  let killed = false;
  const ended = new AbortController();
  if (afterSeconds !== null) {
    void sleep(1000 * afterSeconds, undefined, { signal: ended.signal }).then(
      () => {
        killed = child.kill('SIGKILL');
      },
      () => undefined,
    );
  }
  let repeated = 0;
  for await (const line of child.iterable()) {
    if (!String(line).startsWith('{')) continue;
    const event = JSON.parse(String(line)) as { kind: string; cell: CellRecord['cell'] };
    if (event.kind === 'cell_started' && known.has(shapeOf(event.cell))) repeated += 1;
  }
  ended.abort();
  const { exitCode, stderr } = await child;
  if (!killed && exitCode !== 0 && exitCode !== 1)
    throw new Error(`ridge run ended with ${exitCode}\n${stderr}`);
  const after = await finishedLines(folder);
  const lost = [...before].filter(([key, line]) => after.get(key) !== line).length;
  return { killed, before: before.size, lost, repeated };
}

/** Keys of a finished run's cells, in order; each once, each with its requests. */
export async function keysOf(folder: string): Promise<string[]> {
  const { records, torn } = await readRun(folder);
  const lines = (await readFile(join(folder, 'cells.jsonl'), 'utf8')).trimEnd().split('\n').length;
  if (torn !== '' || lines !== records.length)
    throw new Error(`${folder}: ${lines} lines, ${records.length} cells`);
  for (const { requests_file } of records) {
    if (requests_file === null || !existsSync(join(folder, requests_file)))
      throw new Error(`${folder}: the requests of a cell are gone`);
  }
  return records.map(({ key }) => key).sort();
}
