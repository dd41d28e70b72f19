import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/run/read-run.ts';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { inferencexCsv } from '../import/samples.ts';
import { temporaryFolder } from '../run/facts.ts';

async function place(text: string, name = 'agg.csv'): Promise<{ file: string; out: string; folder: string }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), text);
  return { folder, file: join(folder, name), out: join(folder, 'runs', 'imported') };
}

test('a file becomes a run that can be read, and what was left out is said', async () => {
  const { file, out } = await place(inferencexCsv({}, { conc: 8 }, { isl: 'x' }, { dp_attention: 'True' }));
  const { exitCode, stdout, stderr } = await ridge('import', 'inferencex', file, '--out', out);
  expect(exitCode).toBe(0);
  expect(unfolded(stdout)).toMatch(/imported: 2 cells \(2 rows\) on 1 target; 4 rows read, 3 chosen/);
  expect(stdout).toMatch(/^h100-sxm-tp2 +2 +2 +4-8$/m);
  expect(stdout).toContain('removed: 1 row by attention-dp');
  expect(stdout).toContain('attribution: SemiAnalysis');
  expect(stderr).toBe("ridge: agg.csv:4: isl is 'x', not a number of 0 or more\nridge: skipped 1 row");
  const { run, records, warnings, torn } = await readRun(out);
  expect([records.length, warnings, torn]).toEqual([2, [], '']);
  expect(run).toMatchObject({ id: 'imported', imported: { file: 'agg.csv', rows: { read: 4, kept: 2 } } });
  expect(run.imported!.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await readdir(out)).toEqual(['cells.jsonl', 'run.json']);
  expect(await readdir(join(out, '..'))).toEqual(['imported']);
});

test('repeats are rows of one cell, bad rows of one kind are one line, and no line is too wide', async () => {
  const unknown = { hw: 'warp9' };
  const { file, out } = await place(inferencexCsv({}, {}, unknown, unknown, { conc: 8 }, unknown));
  const { exitCode, stdout, stderr } = await ridge('import', 'inferencex', file, '--out', out);
  expect(exitCode).toBe(0);
  expect(unfolded(stdout)).toContain('imported: 2 cells (3 rows) on 1 target; 6 rows read');
  expect(unfolded(stderr)).toBe(
    "ridge: agg.csv: accelerator 'warp9' is not in the catalogue: 3 rows, lines 4-5, 7 ridge: skipped 3 rows",
  );
  for (const line of `${stdout}\n${stderr}`.split('\n')) {
    if (line.length > 80) expect(line.trim()).not.toContain(' ');
  }
  expect((await readRun(out)).records).toHaveLength(3);
  expect((await ridge('check', out)).stdout).toMatch(/run, good: 2 cells \(3 rows\) on 1 target$/);
});

test('targets have their whole names, to be asked for by --target; what differs is said above', async () => {
  const { file, out } = await place(
    inferencexCsv({}, { precision: 'fp8', model: 'meta-llama/Llama-3.1-70B-Instruct' }),
  );
  const { stdout } = await ridge('import', 'inferencex', file, '--out', out);
  const { run } = await readRun(out);
  for (const { name } of run.targets) expect(stdout).toMatch(new RegExp(`^${name} +1 +1 +4$`, 'm'));
  expect(run.targets).toHaveLength(2);
  expect(stdout).toMatch(/^model: .*, .*$/m);
});

test('--json gives the targets and what became of the rows', async () => {
  const { file, out } = await place(inferencexCsv({}, { tp: 4 }));
  const { stdout } = await ridge(
    'import',
    'inferencex',
    file,
    '--out',
    out,
    '--where',
    'tp=4|2,conc<=4',
    '--json',
  );
  expect(JSON.parse(stdout)).toMatchObject({
    cells: 2,
    targets: ['h100-sxm-tp2', 'h100-sxm-tp4'],
    imported: { where: ['tp=4|2', 'conc<=4'], bad_rows: [], removed: [] },
  });
});

test('nothing that is there is written over', async () => {
  const { file, out } = await place(inferencexCsv({}));
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'run.json'), 'mine');
  const { exitCode, stderr } = await ridge('import', 'inferencex', file, '--out', out);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('there is something here already');
  expect(await readFile(join(out, 'run.json'), 'utf8')).toBe('mine');
});

test('a csv with a map file, settings and a burst', async () => {
  const { folder, file, out } = await place('in,out,n,"first, ms",each\n100,10,4,50,5\n', 'own.csv');
  const map = join(folder, 'map.yaml');
  await writeFile(
    map,
    'columns: { in: input_tokens, out: output_tokens, n: concurrency, "first, ms": ttft_ms, each: tpot_ms }\nconstants: { model: llama-3.1-8b, accelerator: h100 }\n',
  );
  const { exitCode, stderr } = await ridge(
    ...['import', 'csv', file, '--out', out, '--map-file', map, '--engine', 'vllm@0.12.0'],
    ...['--driving', 'burst', '--requests-per-stream', '5', '--jitter', '0.8-1.2', '--max-num-seqs', '256'],
  );
  expect([exitCode, stderr]).toEqual([0, '']);
  const { run, records } = await readRun(out);
  expect(run.targets[0]).toMatchObject({
    engine: { name: 'vllm', version: '0.12.0' },
    settings: { max_num_seqs: { value: 256, source: 'lab' } },
    driving: { kind: 'burst', requests_per_stream: 5, output_jitter: [0.8, 1.2] },
  });
  expect(records[0]!.metrics).toMatchObject({ ttft_ms: { mean: 50, n: 20 }, mean_output_tokens: 10 });
});

describe('wrong use is exit code 2, says how to mend it, and writes nothing', () => {
  test.each([
    [[], 'which format?', 'inferencex aiconfigurator csv'],
    [['xlsx', 'FILE'], "no format 'xlsx'", 'One of'],
    [['inferencex'], 'which file?', 'rows.csv'],
    [['inferencex', 'FILE'], 'where to?', '--out runs/agg'],
    [['inferencex', 'no.csv', '--out', 'OUT'], 'no.csv: no such file', ''],
    [['inferencex', 'FILE', '--out', 'OUT', '--map', 'a=b'], '--map belongs to the format csv', ''],
    [['inferencex', 'FILE', '--out', 'OUT', '--keep', 'x'], "there is no rule 'x'", 'compile-stall'],
    [
      ['inferencex', 'FILE', '--out', 'OUT', '--accelerator', 'h1oo-sxm'],
      "no accelerator 'h1oo-sxm'",
      'h100-sxm',
    ],
    [['inferencex', 'FILE', '--out', 'OUT', '--statistic', 'mode'], 'neither mean nor median', ''],
    [['csv', 'FILE', '--out', 'OUT'], 'csv needs to know the columns', '--map'],
    [['csv', 'FILE', '--out', 'OUT', '--map', 'hw=accelerator'], 'lacks model', 'const:VALUE'],
    [['csv', 'FILE', '--out', 'OUT', '--driving', 'loop', '--map', 'MAP'], "'loop' is none of burst", ''],
    [
      ['csv', 'FILE', '--out', 'OUT', '--driving', 'burst', '--map', 'MAP'],
      'needs --requests-per-stream',
      '',
    ],
  ])('%j', async (argv, message, mend) => {
    const { file, out } = await place(inferencexCsv({}));
    const map =
      'model=model,isl=input_tokens,osl=output_tokens,conc=concurrency,mean_ttft=ttft_s,framework=engine,hw=accelerator';
    const given = argv.map((one) => one.replace('FILE', file).replace('OUT', out).replace('MAP', map));
    const { exitCode, stderr } = await ridge('import', ...given);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(mend);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(3);
    expect(existsSync(out)).toBe(false);
  });
});

test('an imported run cannot be gone on with', async () => {
  const { file, out } = await place(inferencexCsv({}));
  await ridge('import', 'inferencex', file, '--out', out);
  const { exitCode, stderr } = await ridge('run', '--resume', out);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('this run was imported');
});
