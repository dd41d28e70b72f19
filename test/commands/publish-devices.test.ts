import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { fitFolder, madeRealFit, textOf, withContent } from '../fitfile/made-fit.ts';

test('device files are made from the fits of a folder, told when they are stale, and made anew', async () => {
  const { folder, write } = await fitFolder();
  const fits = join(folder, 'fits');
  const fit = madeRealFit();
  const none = await ridge('publish', '--devices', '--to', folder);
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('no fit of a real server here')]);
  const first = await ridge('publish', await write('a.fit.json', textOf(fit)), '--to', fits);
  expect(first.stdout).not.toContain('device files');
  const made = await ridge('publish', '--devices', '--to', fits);
  expect(made.exitCode).toBe(0);
  expect(made.stdout.split('\n')).toEqual([
    `${join(fits, 'h100-sxm/device.json')}: 1 fit, 0 left out in turn`,
    `${join(fits, 'any/device.json')}: 1 fit, 0 left out in turn`,
  ]);
  expect((await ridge('check', fits)).exitCode).toBe(0);
  const index = JSON.parse(await readFile(join(fits, 'index.json'), 'utf8'));
  expect(index.devices).toHaveLength(2);

  const newer = await write(
    'b.fit.json',
    textOf(withContent(fit, { created_at: '2026-03-01T00:00:00.000Z' })),
  );
  const second = await ridge('publish', newer, '--to', fits, '--force');
  expect(second.stdout).toContain('ridge publish --devices --to FOLDER');
  const checked = await ridge('check', fits);
  expect(checked.exitCode).toBe(1);
  expect(unfolded(checked.stdout)).toContain('stale: made from other fits than lie here');
  await ridge('publish', '--devices', '--to', fits);
  expect((await ridge('check', fits)).exitCode).toBe(0);
});
