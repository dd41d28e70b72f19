import { expect, test } from 'vitest';
import { importInferenceX } from '../../src/import/import-rows.ts';
import { writeImportedRun } from '../../src/import/write-run.ts';
import { checkFile } from '../../src/run/check-file.ts';
import { readRun } from '../../src/run/read-run.ts';
import { runSchema } from '../../src/run/schema.ts';
import { run as measuredRun, temporaryFolder } from '../run/facts.ts';
import { inferencexCsv } from './samples.ts';

test('an imported run is read back as it was made, and check finds it good', async () => {
  const folder = `${await temporaryFolder()}/a/b`;
  const imported = importInferenceX(inferencexCsv({}, { conc: 8 }, { tp: 4 }));
  await writeImportedRun(folder, imported);
  const { run, records } = await readRun(folder);
  expect({ run, records }).toEqual(imported);
  expect(await checkFile({ path: folder, isRun: true })).toMatchObject({
    problems: [],
    summary: '3 cells (3 rows) on 2 targets',
  });
});

test('a record from before imports is one of a measured run', () => {
  const { imported: _, targets, ...older } = measuredRun();
  const olderTargets = targets.map(({ driving: __, expert_parallel: ___, ...target }) => target);
  expect(runSchema.parse({ ...older, targets: olderTargets })).toMatchObject({
    imported: null,
    targets: [{ driving: null, expert_parallel: null, url: 'http://127.0.0.1:8000' }],
  });
});
