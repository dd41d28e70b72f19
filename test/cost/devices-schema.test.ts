import { expect, test } from 'vitest';
import { devicesSchema } from '../../src/cost/devices-schema.ts';
import { RidgeError } from '../../src/errors.ts';
import { parseBy } from '../../src/suite/load-file.ts';
import { parseYaml } from '../../src/suite/yaml-source.ts';

function linesOf(text: string): string {
  try {
    parseBy(devicesSchema, parseYaml(text, 'd.yaml'));
  } catch (error) {
    if (error instanceof RidgeError) return error.toLines().join('\n');
    throw error;
  }
  return 'no error';
}

test('what a device lacks is named, the first in full, and so is a missing choice', () => {
  expect(linesOf('devices:\n  - id: nova-1\n')).toBe(
    "d.yaml:2:5: 'devices[0].convention' is missing (and 3 more problems: 'devices[0].memory_gb_per_s', 'devices[0].memory_gb', 'devices[0].link_gb_per_s')\n  Add it: one of dense, sparse.",
  );
});

test('of many problems the first few are named', () => {
  expect(linesOf('devices:\n  - {}\n  - { id: b }\n')).toContain(
    "'devices[0].id' is missing (and 8 more problems: 'devices[0].convention', 'devices[0].memory_gb_per_s', 'devices[0].memory_gb', 'devices[0].link_gb_per_s' ...)",
  );
});

test('sparse peaks come before what the device lacks', () => {
  expect(linesOf('devices:\n  - { id: b, memory_gb: 80 }\n  - id: a\n    convention: sparse\n')).toMatch(
    /^d\.yaml:4:17: 'devices\[1\]\.convention' is "sparse": fits and catalogue are dense; give the dense peaks \(most often half of these\) \(and 6 more problems: 'devices\[0\]\.convention', /,
  );
});
