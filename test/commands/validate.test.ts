import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { ridge } from '../cli/ridge.ts';
import { measureSuite } from '../fit/virtual.ts';
import { textOf } from '../fitfile/made-fit.ts';
import { temporaryFolder } from '../run/facts.ts';

// Fits and processes of their own: a busy machine takes its time.
const PATIENT = { timeout: 60_000 };

test(
  'settings that an imported run does not state are those of the fit, without a word',
  PATIENT,
  async () => {
    const { run, records } = measureSuite([1]);
    const [target] = run.targets;
    const unknown = { value: null, source: 'unknown' as const };
    const open = {
      ...target!,
      settings: { ...target!.settings, max_num_batched_tokens: unknown, kv_cache_dtype: null },
    };
    const folder = join(await temporaryFolder(), 'run');
    await mkdir(folder);
    await writeFile(join(folder, 'run.json'), JSON.stringify({ ...run, targets: [open] }));
    await writeFile(join(folder, 'cells.jsonl'), records.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const fit = makeFit([{ run: { ...run, targets: [open] }, records }], {
      createdAt: '2026-01-15T12:00:00.000Z',
      toolVersion: '0.1.0',
      predictor: 'closed_form',
      bootstrap: 0,
    });
    expect(fit.inferred.map(({ name }) => name)).toEqual(['kv_bytes_per_element', 'max_num_batched_tokens']);
    const file = `${folder}.fit.json`;
    await writeFile(file, textOf(fit));
    const { exitCode, stdout, stderr } = await ridge('validate', file, folder, '--json');
    expect(exitCode).toBe(0);
    expect(stderr.split('\n').filter((line) => !/simulated/i.test(line))).toEqual([]);
    expect(JSON.parse(stdout).closed_form.tpot_ms.mape).toBeLessThan(3);
  },
);

test('percentiles that cells measured are graded, and may be limited', PATIENT, async () => {
  const measured = measureSuite([1]);
  const folder = join(await temporaryFolder(), 'run');
  await mkdir(folder);
  await writeFile(join(folder, 'run.json'), JSON.stringify(measured.run));
  await writeFile(
    join(folder, 'cells.jsonl'),
    measured.records.map((one) => `${JSON.stringify(one)}\n`).join(''),
  );
  const file = `${folder}.fit.json`;
  const made = { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0', bootstrap: 0 } as const;
  await writeFile(file, textOf(makeFit([measured], { ...made, predictor: 'closed_form' })));
  const good = await ridge('validate', file, folder, '--max-mape', 'tbt_p99_ms=5');
  expect(good.exitCode).toBe(0);
  expect(good.stdout).toMatch(/^tbt_p99 +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +-?[\d.]+ +\d+$/m);
  for (const line of good.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const bad = await ridge('validate', file, folder, '--json', '--max-mape', 'tbt_p99_ms=0.0001');
  expect(bad.exitCode).toBe(1);
  expect(bad.stderr).toContain('tbt_p99_ms');
  expect(JSON.parse(bad.stdout).tails.tbt_p99_ms.median_ape).toBeLessThan(5);
});
