import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METRIC_KEYS, metricValue } from '../../src/fit/predictive.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { parseFit } from '../../src/fitfile/parse.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { fitWriteError, withDigest, writeFit } from '../../src/fitfile/write.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { PARAMETER_NAMES } from '../../src/roofline/parameters.ts';
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
      expect(parameter.interval_90![0]).toBeLessThan(parameter.value);
      expect(parameter.interval_90![1]).toBeGreaterThan(parameter.value);
      expect(parameter.efficiency !== null).toBe(parameter.unit !== 's');
    }
    expect(fit.parameters.memory_bytes_per_s!.efficiency!.value).toBeCloseTo(2.9 / 3.35, 1);
  });

  test('the range is that of the cells that were fitted', () => {
    expect(fit.range).toEqual({
      input_tokens: [128, 16384],
      output_tokens: [2, 256],
      concurrency: [1, 64],
      tensor_parallel: [1, 2],
    });
  });

  test('examples agree with what a reader computes from the file alone, to 1e-9', () => {
    const model = modelOf(fit);
    expect(fit.examples.length).toBeGreaterThanOrEqual(8);
    for (const example of fit.examples) {
      const means = closedLoopMeans(
        model.card,
        model.parameters,
        settingsFor(fit, example.tensor_parallel),
        {
          inputTokens: example.input_tokens,
          outputTokens: example.output_tokens,
          concurrency: example.concurrency,
          turnAroundSeconds: null,
        },
        model.edges,
      );
      for (const key of METRIC_KEYS) {
        expect(Math.abs(metricValue(means, key)! / example.expected[key]! - 1)).toBeLessThan(1e-9);
      }
    }
  });

  test('every simpler model says whether it is closer than the fit', () => {
    const { baselines, in_sample } = fit.validation;
    expect(baselines.length).toBeGreaterThan(2);
    for (const { metric, n, mape, fit_mape, wins } of baselines) {
      expect(wins).toBe(n > 0 && mape! < fit_mape!);
      if (n === in_sample[metric]!.n) expect(fit_mape).toBeCloseTo(in_sample[metric]!.mape, 9);
    }
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

test('cells of a hold-out axis are kept from the fit and predicted', () => {
  const held = makeFit([run], { ...made, holdOut: [{ axis: 'concurrency', value: 64 }] });
  expect(held.range.concurrency).toEqual([1, 8]);
  expect(held.validation.hold_out!.cells.some((cell) => cell.concurrency === 64)).toBe(true);
});
