import { expect, test } from 'vitest';
import { labFrom } from '../../src/suite/targets.ts';
import { parseYaml } from '../../src/suite/yaml-source.ts';
import { labError } from './suite-text.ts';

const target = (prefill: string): string =>
  `targets:\n  a:\n    url: http://d:8000\n    prefill: ${prefill}\n`;
const prefillOf = (text: string) =>
  labFrom(parseYaml(`schema_version: 1\n${target(text)}`, 'lab.yaml'))[0]!.definition.prefill;

test('a target says where its prompts are computed, and by whom they are handed over', () => {
  expect(prefillOf('{ url: "http://p:8000" }')).toEqual({ by: 'client', url: 'http://p:8000' });
  expect(prefillOf('{ by: gateway, url: "http://p:8000" }')).toEqual({ by: 'gateway', url: 'http://p:8000' });
  expect(prefillOf('{ by: gateway }')).toEqual({ by: 'gateway' });
});

test.each([
  ['{}', /a client needs the url of the prefill server/],
  ['{ by: client }', /a client needs the url/],
  ['{ url: "ftp://p" }', /url/],
  ['{ url: "http://user:secret@p" }', /user/],
  ['{ by: magic }', /by/],
])('%s is refused with its place', (text, message) => {
  const error = labError(target(text));
  expect(error).toMatch(message);
  expect(error).toContain('lab.yaml:');
  expect(error).not.toContain('secret');
});
