import { dirname, resolve } from 'node:path';
import { RidgeError } from '../errors.ts';
import { digestOf } from './digest.ts';
import { readUserFile } from './load-file.ts';
import type { Suite } from './schema.ts';
import { isTraceBlock, type Trace } from './trace.ts';
import { parseTrace } from './trace-csv.ts';
import type { YamlSource } from './yaml-source.ts';

/**
 * Reads the traces of a suite, by block; null for blocks that replay none. Paths are relative to the suite's file.
 * @throws RidgeError (exit 2) with file:line of the first row that is no request
 */
export function readTraces(
  suite: Suite,
  suiteFile: string,
  source: YamlSource | null = null,
): Promise<(Trace | null)[]> {
  return Promise.all(
    suite.grid.map(async (block, index) => {
      if (!isTraceBlock(block)) return null;
      const { trace: file, max_requests } = block.load;
      const path = resolve(dirname(suiteFile), file);
      const columns = parseTrace(await textOf(path, index, source), path, max_requests);
      return { ...columns, file, digest: digestOf(columns) };
    }),
  );
}

async function textOf(path: string, index: number, source: YamlSource | null): Promise<string> {
  try {
    return await readUserFile(path, 'CSV file with timestamp, input_tokens, output_tokens');
  } catch (error) {
    if (!(error instanceof RidgeError) || source === null) throw error;
    throw new RidgeError(`trace ${path}: ${error.message}`, {
      where: source.where(['grid', index, 'load', 'trace']),
      ...(error.mend ? { mend: error.mend } : {}),
      cause: error,
    });
  }
}
