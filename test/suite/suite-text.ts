import { RidgeError } from '../../src/errors.ts';
import { suiteFrom } from '../../src/suite/load-suite.ts';
import { labFrom } from '../../src/suite/targets.ts';
import { parseYaml } from '../../src/suite/yaml-source.ts';

export const GRID = `grid:
  - input: [128]
    output: [64]
    load: { concurrency: [1] }
`;

/** A suite file with this body after its version and name (lines 1 and 2). */
export const suiteText = (body: string): string => `schema_version: 1\nname: test\n${body}`;

export const loadText = (body: string) => suiteFrom(parseYaml(suiteText(body), 's.yaml'));

/** The lines that a user sees for a suite of this body. */
export const suiteError = (body: string): string => linesOf(() => loadText(body));

/** The lines that a user sees for a lab file of this body (from line 2 on). */
export const labError = (body: string, version = 1): string =>
  linesOf(() => labFrom(parseYaml(`schema_version: ${version}\n${body}`, 'lab.yaml')));

function linesOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RidgeError) return error.toLines().join('\n');
    throw error;
  }
  return 'no error';
}
