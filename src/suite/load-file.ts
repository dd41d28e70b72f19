import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { RidgeError } from '../errors.ts';
import { findProblems, problemError } from './problems.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

/**
 * Reads a text file that the user named.
 * @throws RidgeError (exit 2) when it is missing or cannot be read
 */
export async function readUserFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new RidgeError(reason, { where: file, mend: `Give the path of a ${what}.`, cause });
  }
}

/**
 * Parses text by a schema.
 * @throws RidgeError (exit 2) that names the first problem by file:line:column
 */
export function parseBy<Schema extends z.ZodType>(schema: Schema, source: YamlSource): z.output<Schema> {
  const problems = findProblems(schema, source);
  if (problems.length > 0) throw problemError(problems);
  return schema.parse(source.value);
}

/** Reads and parses a YAML file, see `parseYaml`. */
export const readYaml = async (file: string, what: string): Promise<YamlSource> =>
  parseYaml(await readUserFile(file, what), file);
