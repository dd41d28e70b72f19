import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { searchText } from '../../src/report/search-text.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { Execution, type RunOptions } from '../../src/run/orchestrate.ts';
import { readRun } from '../../src/run/read-run.ts';
import { searchSchema } from '../../src/run/schema.ts';
import { loadText } from '../suite/suite-text.ts';
import { temporaryFolder } from './facts.ts';

const FAKE = fileURLToPath(new URL('../agent/fake-agent.ts', import.meta.url));
const target = (limit: number, log: string) => ({
  name: 'h100',
  definition: {
    url: 'http://127.0.0.1:1',
    tensor_parallel: 1,
    agent_command: [process.execPath, FAKE, `limit=${limit}`, log],
  },
  accelerator: null,
  where: 'test',
});
const suite = (objectives = '{ ttft_mean_ms: 100 }') =>
  loadText(
    `grid: [{ input: [128], output: [64], load: { rate_per_s: [1] } }, { input: [256], output: [64], load: { concurrency: [2] } }]\nobjectives: ${objectives}\n`,
  );

type Search = Extract<RunEvent, { kind: 'search' }>;

async function execute(
  options: Pick<RunOptions, 'folder' | 'targets' | 'findMax'> & Partial<RunOptions>,
  until: (event: RunEvent, execution: Execution) => void = () => undefined,
) {
  const execution = new Execution({
    suite: suite(),
    id: 'run-1',
    resume: false,
    parallel: false,
    simulate: null,
    ...options,
  });
  const events: RunEvent[] = [];
  execution.events.subscribe((event) => {
    events.push(event);
    until(event, execution);
  });
  const exitCode = await execution.start();
  const searches = events.filter((event): event is Search => event.kind === 'search');
  return { exitCode, events, ended: searches.filter(({ ended }) => ended !== null) };
}

const searchesOf = async (folder: string) => {
  const { searches } = JSON.parse(await readFile(join(folder, 'find-max.json'), 'utf8'));
  return searches.map((one: unknown) => searchSchema.parse(one));
};
const loadsOf = async (log: string): Promise<number[]> =>
  [...(await readFile(log, 'utf8')).matchAll(/^load (.*)$/gm)].map(([, load]) => Number(load));

test.each(['ttft_mean_ms', 'tbt_p99_ms'])(
  'a search by %s brackets the highest rate of every shape, in the record and in its events',
  async (key) => {
    const folder = join(await temporaryFolder(), 'run-1');
    const log = `${folder}.log`;
    const { exitCode, events, ended } = await execute({
      folder,
      suite: suite(`{ ${key}: 100 }`),
      targets: [target(7, log)],
      findMax: { axis: 'rate', tolerance: 0.05 },
    });
    expect(exitCode).toBe(0);
    expect(events.find(({ kind }) => kind === 'run_started')).toMatchObject({ searches: true, cells: [] });
    expect(ended).toHaveLength(2);
    for (const { met, not_met, ended: how } of ended) {
      expect(how).toBe('bracketed');
      expect(met!.load).toBeLessThanOrEqual(7);
      expect(not_met!.load).toBeGreaterThan(7);
      expect(not_met!.load / met!.load).toBeLessThanOrEqual(1.05);
      expect(not_met).toMatchObject({ decided_by: key, decided: true });
    }
    const { run, records } = await readRun(folder);
    expect(run.find_max).toEqual({ axis: 'rate', tolerance: 0.05 });
    const kept = await searchesOf(folder);
    expect(kept.map(({ ended: how }: Search) => how)).toEqual(['bracketed', 'bracketed']);
    const keys = new Set(records.map(({ key }) => key));
    expect(kept[0].met.cells.every((key: string) => keys.has(key))).toBe(true);
    // Each probe is an ordinary cell.
    expect(records).toHaveLength((await loadsOf(log)).length);
  },
);

test('cached prompts and servers that speculate have a highest load of their own', async () => {
  const folder = join(await temporaryFolder(), 'kinds');
  const kinds = loadText(
    `grid:
  - { input: [128], output: [64], load: { concurrency: [1] } }
  - { kind: cached, input: [128], cached_input: [64], output: [64], load: { concurrency: [1] } }
  - { kind: speculative, input: [128], output: [64], load: { concurrency: [1] } }
objectives: { ttft_mean_ms: 100 }
`,
  );
  const { ended } = await execute({
    folder,
    suite: kinds,
    targets: [target(5.5, `${folder}.log`)],
    findMax: { axis: 'concurrency', tolerance: 0.05 },
  });
  expect(ended.map(({ cell_kind, cached_input_tokens }) => [cell_kind, cached_input_tokens])).toEqual([
    [undefined, undefined],
    ['cached', 64],
    ['speculative', undefined],
  ]);
  expect((await searchesOf(folder)).map(({ met }: Search) => met!.load)).toEqual([5, 5, 5]);
  const { records } = await readRun(folder);
  expect(new Set(records.map(({ cell }) => `${cell.kind} ${cell.cached_input_tokens ?? 0}`))).toEqual(
    new Set(['load 0', 'cached 64', 'speculative 0']),
  );
  expect(ended.map((search) => searchText(search).split(' h100')[0])).toEqual([
    '128/64',
    '128 (64 cached)/64',
    '128/64 speculative',
  ]);
});

test('streams are whole, and a search without a load that meets its objectives says so by exit code 1', async () => {
  const folder = await temporaryFolder();
  const log = join(folder, 'log');
  const findMax = { axis: 'concurrency', tolerance: 0.05 } as const;
  const five = await execute({ folder: join(folder, 'five'), targets: [target(5.5, log)], findMax });
  expect(five.ended.map(({ met, not_met }) => [met!.load, not_met!.load])).toEqual([
    [5, 6],
    [5, 6],
  ]);
  const none = await execute({ folder: join(folder, 'none'), targets: [target(0.5, log)], findMax });
  expect(none.exitCode).toBe(1);
  expect(none.ended[0]).toMatchObject({
    ended: 'none_met',
    met: null,
    message: expect.stringContaining('not even 1'),
  });
});

test('a search that was stopped goes on where it was, without measuring a load twice', async () => {
  const folder = join(await temporaryFolder(), 'run-1');
  const log = `${folder}.log`;
  await writeFile(log, '');
  const options = { folder, targets: [target(7, log)], findMax: { axis: 'rate', tolerance: 0.05 } as const };
  let cells = 0;
  const first = await execute(options, (event, { control }) => {
    if (event.kind === 'cell_finished' && ++cells === 4) control.stop();
  });
  expect(first.exitCode).toBe(130);
  const before = await loadsOf(log);
  const second = await execute({ ...options, resume: true });
  expect(second.exitCode).toBe(0);
  expect(second.ended).toHaveLength(2);
  const all = await loadsOf(log);
  expect(all.slice(0, before.length)).toEqual(before);
  const { records } = await readRun(folder);
  expect(records).toHaveLength(all.length);
  expect((await searchesOf(folder)).map(({ ended }: Search) => ended)).toEqual(['bracketed', 'bracketed']);
});
