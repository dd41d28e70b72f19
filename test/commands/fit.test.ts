import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fit } from '../../src/fitfile/schema.ts';
import { ridge } from '../cli/ridge.ts';
import { measureSuite } from '../fit/virtual.ts';

let folder: string;
let run: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ridge-fit-cli-'));
  run = join(folder, 'run');
  file = join(folder, 'run.fit.json');
  const { run: content, records } = measureSuite();
  await mkdir(run);
  await writeFile(join(run, 'run.json'), JSON.stringify(content));
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  await writeFile(join(run, 'cells.jsonl'), lines);
  const fitted = await ridge('fit', run);
  expect(fitted.stderr).toBe('');
  await writeFile(join(folder, 'report.txt'), fitted.stdout);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('ridge fit', () => {
  test('prints parameters beside the simulator, errors, unseen cells and simpler models, and names its file', async () => {
    const report = await readFile(join(folder, 'report.txt'), 'utf8');
    expect(report).toMatch(/memory +2\.\d+ \[.*\] TB\/s +8\d % +yes +2\.90 TB\/s/);
    expect(report).toContain('cells kept from the fit');
    expect(report).toContain('speed of light');
    expect(report.trim().endsWith(file)).toBe(true);
  });

  test('a line that is damaged or cut off is named on stderr, the rest is fitted', async () => {
    const damaged = join(folder, 'damaged');
    await mkdir(damaged);
    await copyFile(join(run, 'run.json'), join(damaged, 'run.json'));
    const cells = await readFile(join(run, 'cells.jsonl'), 'utf8');
    const [first, ...rest] = cells.trimEnd().split('\n');
    await writeFile(join(damaged, 'cells.jsonl'), [first!.slice(0, 50), ...rest].join('\n'));
    for (const argv of [
      ['fit', damaged, '--bootstrap', '0', '--predictor', 'closed_form'],
      ['validate', file, damaged],
    ]) {
      const { exitCode, stderr } = await ridge(...argv);
      expect(exitCode).toBe(0);
      expect(stderr.split('\n')).toEqual([
        expect.stringMatching(/^ridge: .*cells\.jsonl:1: not JSON; left out/),
        expect.stringMatching(/^ridge: .*cells\.jsonl: the last line is cut off; left out/),
      ]);
    }
  });

  test('does not write over its own file', async () => {
    const again = await ridge('fit', run);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('--force');
  });

  test('a cell with figures that no measurement can have is named and left out', async () => {
    const absurd = join(folder, 'absurd');
    await mkdir(absurd);
    await copyFile(join(run, 'run.json'), join(absurd, 'run.json'));
    const [first, ...rest] = (await readFile(join(run, 'cells.jsonl'), 'utf8')).trimEnd().split('\n');
    const cell = JSON.parse(first!);
    cell.metrics.ttft_ms.mean = -5;
    await writeFile(join(absurd, 'cells.jsonl'), `${[JSON.stringify(cell), ...rest].join('\n')}\n`);
    const { exitCode, stderr } = await ridge('validate', file, absurd);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^ridge: .*absurd: .*: ttft_ms has a mean of -5 ms, not above 0; left out/);
  });

  test('a folder that holds runs: which ones, and what to type', async () => {
    const { exitCode, stderr } = await ridge('fit', dirname(run));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/: a folder of \d runs?, not a run: .*\brun\b/);
    expect(stderr).toContain(`Name the run, for example ${run}`);
  });

  test.each([
    ['under a file', ['plain', 'a.json'], 'a file stands in its place'],
    ['a name that is too long', [`${'x'.repeat(300)}.json`], 'ENAMETOOLONG'],
  ])('a place that cannot be written is told before the fit: %s', async (_, parts, words) => {
    await writeFile(join(folder, 'plain'), '');
    // Whoever reads the run first says that no cell is on TP 64.
    const { exitCode, stderr } = await ridge('fit', run, '--out', join(folder, ...parts), '--only', 'tp=64');
    expect(exitCode).toBe(3);
    expect(stderr).toContain(words);
  });

  test('a folder that is no run, and a bad hold-out', async () => {
    expect((await ridge('fit', join(folder, 'none'))).exitCode).toBe(2);
    expect((await ridge('fit', run, '--hold-out', 'colour=3')).stderr).toContain('input=N');
    const slip = await ridge('fit', run, '--out', join(folder, 'slip.json'), '--only', 'tp=4');
    expect(slip).toMatchObject({ exitCode: 2, stdout: '' });
    expect(slip.stderr).toBe('ridge: --only tp=4: no cell has it\n  The cells have tp 1, 2.');
  });
});

describe('ridge fit with a choice of cells, latency and predictor', () => {
  let chosen: Fit;
  beforeAll(async () => {
    const flags = ['--only', 'tp=1', '--hold-out', 'concurrency=64|8', '--objective', 'tpot_ms'];
    const quick = ['--predictor', 'closed_form', '--bootstrap', '0', '--seed', '7'];
    const out = join(folder, 'chosen.json');
    const { stdout, stderr } = await ridge('fit', run, '--out', out, ...flags, ...quick, '--json');
    expect(stderr).toBe(out);
    chosen = JSON.parse(stdout);
  });

  test('the file says all of it', () => {
    expect(chosen.selection).toEqual({ only: ['tp=1'], hold_out: ['concurrency=64|8'] });
    expect(chosen.search).toMatchObject({ objective: 'tpot_ms', predictor: 'closed_form', seed: 7 });
    expect(chosen.bootstrap).toBeNull();
    expect(chosen.range).toMatchObject({ tensor_parallel: [1], concurrency: [1, 1] });
  });

  test.each([
    ['--objective', 'speed', 'balanced, ttft_ms, tpot_ms'],
    ['--predictor', 'oracle', 'scheduler, closed_form'],
    ['--bootstrap', '-1', 'whole number'],
    ['--bootstrap', '1', '1 replicate cannot tell a 90 % interval'],
  ])('%s %s is refused', async (flag, value, words) => {
    const { exitCode, stderr } = await ridge('fit', run, `${flag}=${value}`);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('ridge predict', () => {
  test('a table for people, JSON for programs', async () => {
    const shape = ['--input', '1024', '--output', '128', '--concurrency', '8'];
    const text = await ridge('predict', file, ...shape);
    expect(text.stdout).toMatch(/tpot +\d/);
    const json = await ridge('predict', file, ...shape, '--tp', '2', '--json');
    expect(text.stdout).toContain('predicted by the scheduler');
    expect(JSON.parse(json.stdout)).toMatchObject({ tp: 2, extrapolates: [], predictor: 'scheduler' });
    const closed = await ridge('predict', file, ...shape, '--closed-form');
    expect(closed.stdout).toContain('predicted by the closed form');
  });

  test('says what it extrapolates, and which flag it misses', async () => {
    const far = await ridge('predict', file, '--input', '99999', '--output', '128', '--concurrency', '8');
    expect(far.stdout).toContain('extrapolates: input 99999');
    const missing = await ridge('predict', file, '--input', '1024');
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain('--output');
  });
});

describe('ridge validate', () => {
  test('prints errors by metric', async () => {
    const { stdout, exitCode } = await ridge('validate', file, run, '--json');
    expect(exitCode).toBe(0);
    const keys = ['n', 'mape', 'median_ape', 'p90_ape', 'bias', 'coverage_90'];
    const errors = JSON.parse(stdout);
    expect(Object.keys(errors)).toEqual(['scheduler', 'closed_form', 'tails']);
    for (const by of [errors.scheduler, errors.closed_form]) {
      expect(Object.keys(by.tpot_ms).sort()).toEqual(keys.sort());
    }
    expect(errors.scheduler.tpot_ms.mape).not.toBe(errors.closed_form.tpot_ms.mape);
    const text = await ridge('validate', file, run);
    expect(text.stdout).toMatch(/closed form +TPOT ms/);
    expect(text.stdout).toMatch(
      /^the fit is SIMULATED.*\nmeasured on a simulated endpoint: sim-tp1, sim-tp2$/m,
    );
  });

  test('says no past its limit, and to a metric that does not exist', async () => {
    expect((await ridge('validate', file, run, '--max-mape', 'ttft_ms=50')).exitCode).toBe(0);
    const strict = await ridge('validate', file, run, '--max-mape', 'ttft_ms=0.0001');
    expect(strict.exitCode).toBe(1);
    expect(strict.stderr).toContain('ttft_ms');
    expect((await ridge('validate', file, run, '--max-mape', 'speed=5')).exitCode).toBe(2);
  });
});

test.each(['fit', 'predict', 'validate'])('ridge %s --help has an example', async (verb) => {
  expect((await ridge(verb, '--help')).stdout).toContain('Example:');
});
