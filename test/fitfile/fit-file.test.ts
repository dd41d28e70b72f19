import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PREDICTORS } from '../../src/fit/cell-model.ts';
import { METRIC_KEYS, metricValue } from '../../src/fit/predictive.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { parseFit } from '../../src/fitfile/parse.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { fitWriteError, requireWritableFit, withDigest, writeFit } from '../../src/fitfile/write.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { PARAMETER_NAMES } from '../../src/roofline/parameters.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import { measureSuite } from '../fit/virtual.ts';

const made = { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0' };
const run = measureSuite();
const fit = makeFit([run], made);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ridge-fit-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('what is written is read back, and the same run gives the same file', async () => {
  const file = join(folder, 'a', 'b.fit.json');
  await writeFit(file, fit);
  expect(await readFit(file)).toEqual(fit);
  expect(canonicalJson(makeFit([run], made))).toBe(canonicalJson(fit));
  expect(await readdir(join(folder, 'a'))).toEqual(['b.fit.json']);
});

test('an existing file is not written over without force', async () => {
  const file = join(folder, 'kept.json');
  await writeFile(file, 'mine');
  await expect(writeFit(file, fit)).rejects.toMatchObject({ exitCode: 2 });
  expect(await readFile(file, 'utf8')).toBe('mine');
  await writeFit(file, fit, { force: true });
  expect((await readFit(file)).digest).toBe(fit.digest);
});

describe('whether a fit can be written is known before it is made', () => {
  test('and nothing is left of the question', async () => {
    await requireWritableFit(join(folder, 'deep', 'er', 'a.json'));
    expect(existsSync(join(folder, 'deep'))).toBe(false);
    await mkdir(join(folder, 'there'));
    await requireWritableFit(join(folder, 'there', 'b', 'a.json'));
    expect(await readdir(join(folder, 'there'))).toEqual([]);
  });

  test('a file that is there needs force', async () => {
    const file = join(folder, 'taken.json');
    await writeFile(file, 'mine');
    await expect(requireWritableFit(file)).rejects.toMatchObject({ exitCode: 2 });
    await requireWritableFit(file, { force: true });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  test('a file, a device or nothing at all in the way', async () => {
    const plain = join(folder, 'in-the-way');
    await writeFile(plain, '');
    for (const file of [join(plain, 'a.json'), '/proc/none/a.json', '/dev/null/a.json']) {
      await expect(requireWritableFit(file, { force: true })).rejects.toMatchObject({ exitCode: 3 });
    }
    await expect(requireWritableFit('/dev/null', { force: true })).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('a disk that refuses is named in words, with the place and a way out', () => {
  test.each([
    ['ENOSPC', 'no space left on the disk'],
    ['EROFS', 'the file system is read-only'],
    ['EIO', 'EIO'],
  ])('%s', (code, words) => {
    expect(fitWriteError('a/b.fit.json', Object.assign(new Error(), { code }))).toMatchObject({
      exitCode: 3,
      message: `cannot write: ${words}`,
      where: 'a/b.fit.json',
      mend: expect.stringContaining('--out'),
    });
  });

  test('a file or a folder in the way', async () => {
    await writeFile(join(folder, 'plain'), '');
    await expect(writeFit(join(folder, 'plain', 'b.json'), fit)).rejects.toMatchObject({
      message: expect.stringMatching(/^cannot write: [^E]/),
      mend: expect.stringContaining('--out'),
    });
    await expect(writeFit(folder, fit, { force: true })).rejects.toMatchObject({
      exitCode: 2,
      message: 'a folder is there',
    });
  });
});

describe('a file that cannot be trusted is refused in one line', () => {
  test.each([
    ['truncated', canonicalJson(fit).slice(0, 500), /truncated/],
    ['newer major', canonicalJson({ ...fit, schema_version: '2.0.0' }), /version 2\.0\.0/],
    ['edited', canonicalJson({ ...fit, degrees_of_freedom: 1 }), /does not match its digest/],
    ['something else', '{"hello": 1}', /not a fit file/],
    ['an array', '[]', /not a fit file/],
  ])('%s', (_, text, message) => {
    expect(() => parseFit(text, 'x.json')).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }),
    );
  });

  test('missing', async () => {
    await expect(readFit(join(folder, 'none.json'))).rejects.toMatchObject({ exitCode: 2 });
  });
});

test('a newer minor version with more keys is read', () => {
  const { digest: _, ...content } = fit;
  const newer = withDigest({ ...content, schema_version: '1.7.0', added_later: 1 } as typeof content);
  expect(parseFit(canonicalJson(newer), 'x').schema_version).toBe('1.7.0');
});

describe('content', () => {
  test('every parameter with unit, interval, prior and, for peaks, its efficiency', () => {
    for (const name of PARAMETER_NAMES) {
      const parameter = fit.parameters[name]!;
      expect(parameter.efficiency !== null).toBe(parameter.unit !== 's');
      if (parameter.not_in_data) continue;
      expect(parameter.interval_90![0]).toBeLessThan(parameter.value);
      expect(parameter.interval_90![1]).toBeGreaterThan(parameter.value);
      const [low, high] = parameter.bootstrap_90!;
      expect(parameter.interval_90![0]).toBeLessThanOrEqual(low);
      expect(parameter.interval_90![1]).toBeGreaterThanOrEqual(high);
    }
    expect(fit.parameters.memory_bytes_per_s!.efficiency!.value).toBeCloseTo(2.9 / 3.35, 1);
  });

  test('a model without experts has no experts in its data', () => {
    expect(fit.parameters.expert_flop_per_s).toMatchObject({ not_in_data: true, interval_90: null });
  });

  test('no interval leaves the physical bounds', () => {
    for (const { interval_90, prior } of Object.values(fit.parameters)) {
      expect(interval_90?.[0] ?? prior.lower).toBeGreaterThanOrEqual(prior.lower);
      expect(interval_90?.[1] ?? prior.upper).toBeLessThanOrEqual(prior.upper);
    }
  });

  test('the range is that of the cells that were fitted', () => {
    expect(fit.range).toEqual({
      input_tokens: [128, 16384],
      output_tokens: [2, 256],
      concurrency: [1, 64],
      tensor_parallel: [1, 2],
    });
  });

  test.each(PREDICTORS)(
    'examples by %s are what a reader computes from the file alone, to 1e-9',
    (predictor) => {
      const model = modelOf(fit);
      const examples = fit.examples.filter((example) => example.predictor === predictor);
      expect(examples).toHaveLength(8);
      for (const example of examples) {
        const { output_jitter } = example;
        expect(output_jitter).toEqual(fit.protocol.output_jitter);
        const means = { closed_form: closedLoopMeans, scheduler: scheduledMeans }[predictor](
          model.card,
          model.parameters,
          settingsFor(fit, example.tensor_parallel),
          {
            inputTokens: example.input_tokens,
            outputTokens: example.output_tokens,
            concurrency: example.concurrency,
            turnAroundSeconds: example.turn_around_s,
            driving: { kind: 'steady', output_jitter },
          },
          model.edges,
        );
        for (const key of METRIC_KEYS) {
          expect(Math.abs(metricValue(means, key)! / example.expected[key]! - 1)).toBeLessThan(1e-9);
        }
      }
    },
  );

  test('every simpler model says whether it is closer than the fit', () => {
    const { baselines, errors } = fit.validation.in_sample;
    expect(baselines.length).toBeGreaterThan(2);
    for (const { metric, n, mape, fit_mape, wins } of baselines) {
      expect(wins).toBe(n > 0 && mape! < fit_mape!);
      const own = errors.scheduler[metric]!;
      if (n === own.n) expect(fit_mape).toBeCloseTo(own.mape, 9);
    }
  });

  test('every block is scored by both predictors or refused with its reason', () => {
    expect(fit.validation.blocked.map(({ kind, blocks, refused }) => [kind, blocks, refused.length])).toEqual(
      [
        ['shape', 8, 0],
        ['tp', 0, 2],
        ['load', 1, 0],
      ],
    );
    const [shapes, sizes] = fit.validation.blocked;
    expect(shapes!.errors.closed_form.tpot_ms!.n).toBe(shapes!.errors.scheduler.tpot_ms!.n);
    expect(sizes!.refused[0]!.reason).toMatch(/one tensor parallel size in training/);
    expect(sizes!.errors.scheduler).toEqual({});
  });

  test('what was chosen and how it was fitted', () => {
    expect(fit.search).toMatchObject({ predictor: 'scheduler', objective: 'balanced', seed: 1 });
    expect(fit.selection).toEqual({ only: [], hold_out: [] });
    expect(fit.inferred).toEqual([]);
    expect(fit.bootstrap).toMatchObject({ replicates: 200, clusters: 16 });
  });

  test('cells kept from the fit carry the width of their own measurement', () => {
    for (const cell of fit.validation.hold_out!.cells) {
      expect(cell.measured_half_width_90_percent).toBeGreaterThan(0);
    }
  });

  test('no URL, no host name and no truth of the simulator', () => {
    const text = canonicalJson(fit);
    expect(text).not.toContain('127.0.0.1');
    expect(text).not.toContain('simulator');
  });
});

test('too few cells are refused with exit 1', () => {
  const few = { ...run, records: run.records.slice(0, 3) };
  expect(() => makeFit([few], made)).toThrow(expect.objectContaining({ exitCode: 1 }));
});

const quick = { ...made, predictor: 'closed_form', bootstrap: 0 } as const;

test('cells of a hold-out axis are kept from the fit and predicted', () => {
  const held = makeFit([run], { ...quick, holdOut: [{ axis: 'concurrency', values: [64] }] });
  expect(held.range.concurrency).toEqual([1, 8]);
  expect(held.validation.hold_out!.cells.some((cell) => cell.concurrency === 64)).toBe(true);
  expect(held.selection.hold_out).toEqual(['concurrency=64']);
});

test('cells that are not asked for are neither fitted nor predicted; the file says what was asked', () => {
  const only = makeFit([run], {
    ...quick,
    only: [
      { axis: 'tp', values: [2] },
      { axis: 'concurrency', values: [1, 8] },
    ],
  });
  expect(only.selection.only).toEqual(['tp=2', 'concurrency=1|8']);
  expect(only.range).toMatchObject({ tensor_parallel: [2], concurrency: [1, 8] });
  expect(only.validation.hold_out).toBeNull();
  expect(new Set(only.residuals.map(({ target }) => target))).toEqual(new Set(['sim-tp2']));
  expect(only.bootstrap).toBeNull();
  expect(only.search.predictor).toBe('closed_form');
});

test('a rule that covers no cell is a slip, and the values that are there are named', () => {
  const slip = { axis: 'tp', values: [4] } as const;
  for (const rules of [{ only: [slip] }, { holdOut: [slip] }]) {
    expect(() => makeFit([run], { ...quick, ...rules })).toThrow(
      expect.objectContaining({ exitCode: 2, mend: 'The cells have tp 1, 2.' }),
    );
  }
});
