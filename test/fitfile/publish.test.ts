import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fitDigest, parseFit } from '../../src/fitfile/parse.ts';
import { preparePublication } from '../../src/fitfile/publish.ts';
import { publishedPath } from '../../src/fitfile/publish-place.ts';
import { planPublication, writePublication } from '../../src/fitfile/publish-write.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { checkSignature, newKey, privateKeyFrom } from '../../src/fitfile/sign.ts';
import { fitFolder, madeRealFit, textOf, withContent } from './made-fit.ts';

const fit = madeRealFit();
const key = privateKeyFrom(newKey().privatePem, 'lab.pem');
const otherKey = privateKeyFrom(newKey().privatePem, 'other.pem');
const prepare = (to: string, content: object = fit, options: object = {}) =>
  preparePublication(textOf(content), 'x.fit.json', { to, ...options });

test('a published fit is canonical, has the digest of what it says now, and is read back', async () => {
  const { folder } = await fitFolder();
  const publication = prepare(folder, fit, { key, attribution: 'measured by us, CC BY 4.0' });
  expect(await writePublication(publication, false)).toBe('written');
  expect(publication.file).toBe(join(folder, 'h100-sxm', 'llama-3.1-8b', 'vllm-virtual-bf16.fit.json'));
  const text = await readFile(publication.file, 'utf8');
  const read = parseFit(text, publication.file);
  expect(text).toBe(textOf(JSON.parse(text)));
  expect(read.digest).toBe(fitDigest(JSON.parse(text)));
  expect(read.published).toEqual({ attribution: 'measured by us, CC BY 4.0' });
  expect(checkSignature(read).state).toBe('self_signed');
});

test('the same fit again changes nothing; another one in its place needs force', async () => {
  const { folder } = await fitFolder();
  await writePublication(prepare(folder), false);
  const again = prepare(folder);
  expect(await writePublication(again, false)).toBe('unchanged');
  const published = await readFit(again.file);
  expect(prepare(folder, published).fit).toEqual(published);

  const other = prepare(folder, withContent(fit, { created_at: '2026-02-01T00:00:00.000Z' }));
  expect(await planPublication(other, false)).toMatchObject({ outcome: null });
  await expect(writePublication(other, false)).rejects.toMatchObject({
    exitCode: 2,
    message: 'a fit with other content is published there (of 2026-01-15T12:00:00.000Z)',
    mend: expect.stringContaining('--force'),
  });
  expect(await readFit(again.file)).toEqual(published);
  expect(await writePublication(other, true)).toBe('replaced');
  expect((await readFit(again.file)).digest).toBe(other.fit.digest);
});

test('a signature may be added; it is not lost, and not taken over by another key', async () => {
  const { folder } = await fitFolder();
  await writePublication(prepare(folder), false);
  const signed = prepare(folder, fit, { key });
  expect(await writePublication(signed, false)).toBe('signed');
  expect(await writePublication(prepare(folder), false)).toBe('unchanged');
  expect((await readFit(signed.file)).signature).toEqual(signed.fit.signature);
  await expect(writePublication(prepare(folder, fit, { key: otherKey }), false)).rejects.toMatchObject({
    message: 'it is published, signed by another key',
  });
});

test('a signature of other content is not carried over to what publishing made of it', async () => {
  const { folder } = await fitFolder();
  const { fit: signed } = prepare(folder, fit, { key });
  expect(prepare(folder, signed).fit.signature).toEqual(signed.signature);
  expect(prepare(folder, signed, { attribution: 'more' }).fit.signature).toBeUndefined();
});

test('a file with a wrong signature is not passed on', () => {
  const { signature } = prepare('fits', fit, { key }).fit;
  const forged = { ...withContent(fit, { degrees_of_freedom: 99 }), signature };
  expect(() => prepare('fits', forged)).toThrow(
    expect.objectContaining({ exitCode: 2, message: 'its signature does not match' }),
  );
});

test('keys of a newer minor version are published, too', async () => {
  const { folder } = await fitFolder();
  const newer = withContent(fit, { schema_version: '1.7.0', added_later: { answer: 42 } });
  const publication = prepare(folder, newer);
  await writePublication(publication, false);
  expect(JSON.parse(await readFile(publication.file, 'utf8'))).toMatchObject({ added_later: { answer: 42 } });
});

test('what is there and no fit file is not written over', async () => {
  const { folder } = await fitFolder();
  const publication = prepare(folder);
  await writePublication(publication, false);
  await writeFile(publication.file, 'mine');
  await expect(writePublication(publication, false)).rejects.toMatchObject({ exitCode: 2 });
  expect(await readFile(publication.file, 'utf8')).toBe('mine');
});

test('a damaged file is bad input, and so is one that is nested deeper than the stack', () => {
  const deep = textOf(fit).replace('{', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)},`);
  expect(() => preparePublication(deep, 'x', { to: 'fits' })).toThrow(
    expect.objectContaining({ exitCode: 2, message: 'not a fit file: nested too deeply' }),
  );
  expect(() => preparePublication(textOf(fit).slice(0, 900), 'x', { to: 'fits' })).toThrow(
    expect.objectContaining({ exitCode: 2 }),
  );
});

test.each([
  ['../../etc', 'passwd', '..', 'etc/passwd/unknown-0.1-bf16'],
  ['H100 SXM', 'meta-llama/Llama-3.1-8B', 'vLLM', 'h100-sxm/meta-llama-llama-3.1-8b/vllm-0.1-bf16'],
  ['\u0000', '...', 'a\\b', 'unknown/unknown/a-b-0.1-bf16'],
  ['x'.repeat(300), 'm', 'e', `${'x'.repeat(100)}/m/e-0.1-bf16`],
])('no name leaves its folder: %s, %s, %s', (accelerator, model, engine, place) => {
  const named = {
    accelerator: { ...fit.accelerator, id: accelerator },
    model_card: { ...fit.model_card, id: model },
    engine: { name: engine, version: '0.1' },
  };
  expect(publishedPath({ ...fit, ...named })).toBe(`${place}.fit.json`);
});

test('a simulated fit goes where its place shows it', () => {
  const { file } = prepare('fits', withContent(fit, { simulated: true }), { allowSimulated: true });
  expect(file).toBe(join('fits', 'simulated-h100-sxm', 'llama-3.1-8b', 'vllm-virtual-bf16.fit.json'));
});

test('imported runs are named by whom they are, unless the publisher says it', () => {
  const from = (attribution: string | null) => ({
    ...fit.runs[0]!,
    imported: { format: 'csv', source: 'a.csv', digest: 'sha256:0', attribution },
  });
  const names = ['Ann, https://example.com/data, CC BY 4.0', 'Ben', 'Ben', null];
  const imported = withContent(fit, { runs: names.map(from) });
  const published = prepare('fits', imported).fit;
  expect(published.published).toEqual({
    attribution: 'Measurements: Ann, https://example.com/data, CC BY 4.0; Ben.',
  });
  expect(published.runs.map((one) => one.imported?.attribution)).toEqual(names);
  expect(prepare('fits', imported, { attribution: 'mine' }).fit.published).toEqual({ attribution: 'mine' });
  expect(prepare('fits', withContent(fit, { runs: [from(null)] })).fit.published).toBeUndefined();
});
