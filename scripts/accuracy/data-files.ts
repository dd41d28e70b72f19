import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the public measured data: `RIDGE_DATA`, else beside the repository. */
const FOLDER = process.env.RIDGE_DATA ?? join(import.meta.dirname, '../../../shared/data');

export const DATA_FILES = {
  silicon: 'aiconfigurator/silicon.csv',
  agg: 'inferencemax/agg.csv',
  splitwise: 'splitwise/perf_model.csv',
  prefill: 'dynamo-h200/prefill.csv',
  decode: 'dynamo-h200/decode.csv',
  memory: 'memory.csv',
  mlenergy: 'mlenergy-v2/h100.csv',
  models: 'models.csv',
} as const;
export type DataFile = keyof typeof DATA_FILES;

/** Files that are not there. */
export const missingFiles = (): string[] =>
  Object.values(DATA_FILES)
    .map((name) => join(FOLDER, name))
    .filter((path) => !existsSync(path));

const texts = new Map<DataFile, string>();

/** Text of a file, read once. */
export function textOf(file: DataFile): string {
  const text = texts.get(file) ?? readFileSync(join(FOLDER, DATA_FILES[file]), 'utf8');
  texts.set(file, text);
  return text;
}
