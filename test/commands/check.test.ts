import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunStore } from '../../src/run/store.ts';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { record, run, temporaryFolder } from '../run/facts.ts';

test('every problem of a file is named by its place; good files say what they are', async () => {
  const folder = await temporaryFolder();
  const bad = join(folder, 'bad.yaml');
  await writeFile(bad, 'schema_version: 1\nname: bad\ngird: []\nrepeats: 0\n');
  const { exitCode, stdout } = await ridge('check', 'suites/demo.yaml', bad);
  expect(exitCode).toBe(1);
  expect(stdout.split('\n')).toEqual([
    'suites/demo.yaml: suite, good: 10 points of the grid',
    `${bad}:3:1: unknown key 'gird'`,
    "  Did you mean 'grid'?",
    `${bad}:4:10: 'repeats' is 0, the least is 1`,
    `${bad}:1:1: 'grid' is missing`,
    '  Add it: a list.',
  ]);
});

test('a run is checked down to its request timelines and its last line', async () => {
  const folder = join(await temporaryFolder(), 'run');
  const store = await RunStore.create(folder);
  await store.writeRun(run());
  await store.appendCell(record({ requests_file: 'requests/gone.jsonl.gz' }));
  await store.close();
  await appendFile(join(folder, 'cells.jsonl'), '{"schema_ver');
  const { exitCode, stdout } = await ridge('check', folder, '--json');
  expect(exitCode).toBe(1);
  const [check] = JSON.parse(stdout);
  expect(check.problems.map(({ message }: { message: string }) => message)).toEqual([
    'the last line of cells.jsonl is cut off',
    'request timelines cannot be read: missing or damaged',
  ]);
});

test('a fit file that is damaged or newer is wrong, and the line says why', async () => {
  const folder = await temporaryFolder();
  const [cut, newer] = [join(folder, 'cut.json'), join(folder, 'newer.json')];
  await writeFile(cut, '{"schema_version":"1.0.0","kind":"ridgepoi');
  await writeFile(newer, '{"schema_version":"2.0.0"}');
  const { exitCode, stdout } = await ridge('check', cut, newer);
  expect(exitCode).toBe(1);
  expect(stdout).toContain(`${cut}: not JSON: the file is truncated or damaged`);
  expect(unfolded(stdout)).toContain(`${newer}: fit file of version 2.0.0: this ridge reads up to 1.x`);
});

test('one missing file does not keep the others from being checked', async () => {
  const folder = await temporaryFolder();
  const bad = join(folder, 'bad.yaml');
  await writeFile(bad, 'schema_version: 1\ngird: []\n');
  const { exitCode, stdout, stderr } = await ridge('check', 'suites/demo.yaml', 'nowhere.yaml', bad);
  expect(exitCode).toBe(2);
  expect(stdout).toContain('suites/demo.yaml: suite, good');
  expect(stdout).toContain("unknown key 'gird'");
  expect(stderr).toBe(
    'ridge: nowhere.yaml: no such file\n  Give the path of a suite, lab file, run or fit file.',
  );
});

test.each([
  ['package.json', '{"name":"x","version":"1.0.0"}', 'JSON, but not a fit file'],
  ['cells.jsonl', '{}\n', 'a part of a run; check the folder of the run'],
  ['empty.yaml', '', 'the file is empty: neither a suite (grid) nor a lab file (targets)'],
  ['compose.yaml', 'services: {}\n', 'neither a suite (grid) nor a lab file (targets)'],
])('%s is none of ours, in one line with a mend', async (name, text, words) => {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  const { exitCode, stdout } = await ridge('check', file);
  expect(exitCode).toBe(1);
  expect(unfolded(stdout)).toBe(
    `${file}: ${words} ridge check reads suite and lab files (YAML), folders of runs, and fit files (.json).`,
  );
});

test('a file that is not there is bad usage', async () => {
  expect(await ridge('check', 'nowhere.yaml')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('nowhere.yaml: no such file'),
  });
});

async function runOf(...records: Parameters<RunStore['appendCell']>[0][]): Promise<string> {
  const folder = join(await temporaryFolder(), 'run');
  const store = await RunStore.create(folder);
  await store.writeRun(run());
  for (const one of records) await store.appendCell(one);
  await store.close();
  return folder;
}

test('a run without a finished cell is not good, and the line says how to go on', async () => {
  const folder = await runOf();
  const { exitCode, stdout } = await ridge('check', folder);
  expect(exitCode).toBe(1);
  expect(unfolded(stdout)).toContain('the run has no finished cell');
  expect(unfolded(stdout)).toContain(`ridge run --resume ${folder}`);
});

test('figures that no measurement can have are named by cell and metric', async () => {
  const good = record();
  const { metrics } = good;
  const folder = await runOf(
    good,
    record({ key: 'b'.repeat(64), metrics: { ...metrics!, ttft_ms: { ...metrics!.ttft_ms!, mean: -12 } } }),
    record({ key: 'c'.repeat(64), target: 'gone', metrics: { ...metrics!, output_tokens_per_s: -1 } }),
    record({ key: 'd'.repeat(64), metrics: { ...metrics!, e2e_ms: { ...metrics!.e2e_ms!, mean: 1e-3 } } }),
  );
  const { exitCode, stdout } = await ridge('check', folder, '--json');
  expect(exitCode).toBe(1);
  const [check] = JSON.parse(stdout);
  expect(check.problems.map(({ message }: { message: string }) => message)).toEqual([
    'h100: 128 in, 64 out, 1 stream: ttft_ms has a mean of -12 ms, not above 0',
    "gone: 128 in, 64 out, 1 stream: the run has no target 'gone'",
    'gone: 128 in, 64 out, 1 stream: output_tokens_per_s is -1, less than 0',
    expect.stringMatching(/^h100: .*: ttft_ms is .* ms, longer than e2e_ms with 0\.001 ms$/),
  ]);
});

test('lines for people are at most 80 columns wide, but for a word that is longer', async () => {
  const folder = await runOf();
  const { stdout } = await ridge('check', folder, 'suites/demo.yaml');
  for (const line of stdout.split('\n')) {
    if (line.length > 80) expect(line.trim()).not.toContain(' ');
  }
});
