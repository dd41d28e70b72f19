import { digestOf } from './digest.ts';
import { expandGrid, type GridPoint } from './expand.ts';
import { parseBy, readYaml } from './load-file.ts';
import { readTraces } from './read-traces.ts';
import { type Suite, suiteSchema } from './schema.ts';
import type { Trace } from './trace.ts';
import type { YamlSource } from './yaml-source.ts';

/** A suite that loaded: its content, its digest over the parsed content, and its grid's points. */
export interface LoadedSuite {
  readonly file: string;
  readonly suite: Suite;
  readonly digest: string;
  readonly points: readonly GridPoint[];
}

/**
 * Reads a suite file.
 * @throws RidgeError (exit 2) with file:line:column of the first problem
 */
export async function loadSuite(file: string): Promise<LoadedSuite> {
  const source = await readYaml(file, 'suite file (YAML)');
  const suite = parseBy(suiteSchema, source);
  return asLoaded(file, suite, source, await readTraces(suite, file, source));
}

/** A suite from content that was parsed before, as it stands in a run record; its traces are read again. */
export async function loadRecordedSuite(file: string, suite: Suite): Promise<LoadedSuite> {
  return asLoaded(file, suite, null, await readTraces(suite, file));
}

/** A suite from parsed YAML, see `loadSuite`; blocks that replay a trace have no points. */
export function suiteFrom(source: YamlSource): LoadedSuite {
  const suite = parseBy(suiteSchema, source);
  return asLoaded(source.file, suite, source);
}

/** A suite of which a run changes a part; its cells stay. */
export function changedSuite(
  loaded: LoadedSuite,
  change: Partial<Pick<Suite, 'objectives' | 'stop'>>,
): LoadedSuite {
  const suite = { ...loaded.suite, ...change };
  return { ...loaded, suite, digest: contentDigest(suite) };
}

function asLoaded(
  file: string,
  suite: Suite,
  source: YamlSource | null,
  traces: readonly (Trace | null)[] = [],
): LoadedSuite {
  return { file, suite, digest: contentDigest(suite), points: expandGrid(suite, source, traces) };
}

/** Where editors find the schema is not part of what is measured. */
function contentDigest({ $schema: _, ...content }: Suite): string {
  return digestOf(content);
}
