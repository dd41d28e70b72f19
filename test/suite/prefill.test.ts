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

test('its power has a source of its own, whose paths start at the lab file', () => {
  const power = '{ source: replay, file: p.csv, path: tools }';
  const text = `schema_version: 1\n${target(`{ url: "http://p:8000", devices: 2, power: ${power} }`)}`;
  expect(labFrom(parseYaml(text, '/labs/one/lab.yaml'))[0]!.definition.prefill).toEqual({
    by: 'client',
    url: 'http://p:8000',
    devices: 2,
    power: { source: 'replay', file: '/labs/one/p.csv', path: '/labs/one/tools' },
  });
  expect(labError(target('{ url: "http://p", power: { source: tea } }'))).toMatch(/source/);
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
