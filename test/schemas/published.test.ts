import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { schemaDocuments } from '../../scripts/schemas/documents.ts';

const published = (path: string): Promise<string> =>
  readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

describe.each(schemaDocuments())('$path', ({ path, content }) => {
  test('is what the code says today (else: npm run schemas)', async () => {
    expect(await published(path)).toBe(content);
  });

  test('is a schema of objects with described keys', () => {
    const { $schema, type, properties } = JSON.parse(content);
    expect($schema).toContain('draft-07');
    expect(type).toBe('object');
    expect(properties).toHaveProperty('schema_version');
  });
});

test('a suite may leave out what has a default, and no unknown key is allowed', () => {
  const suite = JSON.parse(schemaDocuments()[0]!.content);
  expect(suite.required.sort()).toEqual(['grid', 'name', 'schema_version']);
  expect(suite.additionalProperties).toBe(false);
});
