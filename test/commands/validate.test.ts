import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { ridge } from '../cli/ridge.ts';
import { measureSuite } from '../fit/virtual.ts';
import { textOf } from '../fitfile/made-fit.ts';
import { temporaryFolder } from '../run/facts.ts';

test('settings that an imported run does not state are those of the fit, without a word', async () => {
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
});
