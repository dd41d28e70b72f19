import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { schemaFiles } from '../../scripts/schema-files.ts';

const files = await schemaFiles();

describe.each(files)('%s', (file, text) => {
  test('is what the code says today (else: npm run schemas)', async () => {
    const published = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect(published === text, `${file} is stale: npm run schemas`).toBe(true);
  });
});

test('a suite may leave out what has a default, and no unknown key is allowed', () => {
  const [, text] = files.find(([file]) => file === 'suites/suite.v1.schema.json')!;
  const suite = JSON.parse(text);
  expect(suite.required.sort()).toEqual(['grid', 'name', 'schema_version']);
  expect(suite.additionalProperties).toBe(false);
});
