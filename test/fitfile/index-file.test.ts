import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkFitFolder } from '../../src/fitfile/check-folder.ts';
import { INDEX_FILE, listFits } from '../../src/fitfile/index-file.ts';
import { writeIndex } from '../../src/fitfile/index-file-write.ts';
import { preparePublication } from '../../src/fitfile/publish.ts';
import { writePublication } from '../../src/fitfile/publish-write.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { fitFolder, madeRealFit, textOf, withContent } from './made-fit.ts';

const fit = madeRealFit();
const second = withContent(fit, { engine: { name: 'vllm', version: '0.9' } });
const FIRST = 'h100-sxm/llama-3.1-8b/vllm-0.9-bf16.fit.json';
const LAST = 'h100-sxm/llama-3.1-8b/vllm-virtual-bf16.fit.json';

async function published(...fits: Fit[]) {
  const { folder } = await fitFolder();
  for (const one of fits) {
    await writePublication(preparePublication(textOf(one), 'x', { to: folder, attribution: 'ours' }), false);
  }
  await writeIndex(folder);
  return { folder, index: join(folder, INDEX_FILE) };
}

const problemsOf = async (folder: string): Promise<string[]> =>
  (await checkFitFolder(folder)).flatMap(({ problems }) => problems.map(({ message }) => message));

/** Changes the index as a text editor would. */
async function edit(
  file: string,
  change: (index: { fits: Record<string, unknown>[] }) => void,
): Promise<void> {
  const index = JSON.parse(await readFile(file, 'utf8'));
  change(index);
  await writeFile(file, JSON.stringify(index, null, 2));
}

test('one entry a fit, sorted by path, with errors and range', async () => {
  const { folder, index } = await published(fit, second);
  const { fits } = JSON.parse(await readFile(index, 'utf8'));
  expect(fits.map(({ path }: { path: string }) => path)).toEqual([FIRST, LAST]);
  expect(fits[1]).toMatchObject({
    model: 'llama-3.1-8b',
    engine: { name: 'vllm', version: 'virtual' },
    attribution: 'ours',
    signed_by: null,
    range: fit.range,
  });
  expect(fits[1].errors_percent.in_sample.tpot_ms).toBe(
    fit.validation.in_sample.errors.scheduler.tpot_ms!.mape,
  );
  expect(fits[1].errors_percent.hold_out.ttft_ms).toBe(
    fit.validation.hold_out!.errors.scheduler.ttft_ms!.mape,
  );
  expect(await problemsOf(folder)).toEqual([]);
});

test('a simulated fit is told by its entry; an entry of a real one says nothing of it', async () => {
  const { folder, index } = await published(fit, withContent(fit, { simulated: true }));
  const { fits } = JSON.parse(await readFile(index, 'utf8'));
  expect(fits.map(({ simulated }: { simulated?: boolean }) => simulated)).toEqual([undefined, true]);
  expect(await problemsOf(folder)).toEqual([]);
});

test('it is made anew from the files, so it heals; a damaged file is told and left out', async () => {
  const { folder, index } = await published(fit, second);
  const good = await readFile(index, 'utf8');
  await writeFile(index, '{"schema_version":1,"kind":"ridgepoint_fi');
  await writeIndex(folder);
  expect(await readFile(index, 'utf8')).toBe(good);
  await writeFile(join(folder, FIRST), '{');
  const { index: made, damaged } = await writeIndex(folder);
  expect(made.fits.map(({ path }) => path)).toEqual([LAST]);
  expect(damaged).toMatchObject([{ where: join(folder, FIRST) }]);
});

test('publishers at the same time do not lose each other’s entries', async () => {
  const { folder } = await fitFolder();
  const versions = Array.from({ length: 8 }, (_, index) => `0.${index}`);
  await Promise.all(
    versions.map(async (version) => {
      const one = withContent(fit, { engine: { name: 'vllm', version } });
      await writePublication(preparePublication(textOf(one), 'x', { to: folder }), false);
      await writeIndex(folder);
    }),
  );
  expect(await problemsOf(folder)).toEqual([]);
  expect(await listFits(folder)).toHaveLength(versions.length);
});

test('links are not followed out of the folder', async () => {
  const { folder } = await published(fit);
  const outside = await fitFolder();
  await outside.write('x.fit.json', textOf(fit));
  await symlink(outside.folder, join(folder, 'link'));
  await symlink(join(outside.folder, 'x.fit.json'), join(folder, 'y.fit.json'));
  expect(await listFits(folder)).toEqual([LAST]);
});

describe('an index that does not say what is there', () => {
  test('an entry is missing', async () => {
    const { folder, index } = await published(fit, second);
    await edit(index, ({ fits }) => fits.shift());
    expect(await problemsOf(folder)).toEqual([`${FIRST} is not listed`]);
  });

  test('an entry is stale', async () => {
    const { folder, index } = await published(fit, second);
    await edit(index, ({ fits }) => Object.assign(fits[0]!, { digest: 'sha256:0', cells: 99 }));
    expect(await problemsOf(folder)).toEqual([`the entry of ${FIRST} is stale: digest, cells`]);
  });

  test('a file is gone', async () => {
    const { folder } = await published(fit, second);
    await rm(join(folder, FIRST));
    expect(await problemsOf(folder)).toEqual([`${FIRST} is listed but not there`]);
  });

  test('listed twice, out of order', async () => {
    const { folder, index } = await published(fit, second);
    await edit(index, ({ fits }) => fits.push(fits[0]!));
    expect(await problemsOf(folder)).toEqual(['a fit is listed twice', 'the entries are not sorted by path']);
  });

  test.each([
    ['truncated', '{"schema_version":1,"kind":"ridg', /truncated/],
    ['newer', '{"schema_version":2,"kind":"ridgepoint_fit_index"}', /index of version 2/],
    ['something else', '[]', /no index of fits/],
    ['null', 'null', /no index of fits/],
  ])('%s', async (_, text, message) => {
    const { folder, index } = await published(fit);
    await writeFile(index, text);
    expect(await problemsOf(folder)).toEqual([expect.stringMatching(message)]);
  });

  test('gone, where fits lie as published; files beside runs need none', async () => {
    const { folder, index } = await published(fit);
    await rm(index);
    expect(await problemsOf(folder)).toEqual(['published fits have no index']);
    const runs = await fitFolder();
    await runs.write('demo.fit.json', textOf(fit));
    await mkdir(join(runs.folder, 'demo'));
    expect(await problemsOf(runs.folder)).toEqual([]);
  });
});

test('a published file that was laid out anew is not in canonical form', async () => {
  const { folder } = await published(fit);
  const file = join(folder, LAST);
  await writeFile(file, JSON.stringify(JSON.parse(await readFile(file, 'utf8')), null, 2));
  expect(await problemsOf(folder)).toEqual([expect.stringContaining('canonical form')]);
});
