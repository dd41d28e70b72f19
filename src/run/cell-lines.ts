import { type CellRecord, cellRecordSchema, RUN_SCHEMA_VERSION } from './schema.ts';

/** What was found in a `cells.jsonl`. */
export interface CellLines {
  /** Finished cells in the order in which they finished; of lines with the same target and key the last counts. */
  readonly records: readonly CellRecord[];
  /** An unfinished last line, as a kill in the middle of a write leaves it. */
  readonly torn: string;
  readonly warnings: readonly string[];
}

const identity = (record: CellRecord): string => `${record.target} ${record.key}`;

/**
 * Reads the lines of a `cells.jsonl`. Only a whole line counts as a finished cell; a line that is not one is named and
 * left out, never repaired.
 */
export function parseCellLines(text: string, file: string): CellLines {
  const end = text.lastIndexOf('\n') + 1;
  const byIdentity = new Map<string, CellRecord>();
  const warnings: string[] = [];
  for (const [index, line] of text.slice(0, end).split('\n').entries()) {
    if (line.trim() === '') continue;
    const parsed = parseLine(line);
    if (typeof parsed === 'string') {
      warnings.push(`${file}:${index + 1}: ${parsed}; left out, the cell counts as not measured`);
      continue;
    }
    byIdentity.delete(identity(parsed));
    byIdentity.set(identity(parsed), parsed);
  }
  return { records: [...byIdentity.values()], torn: text.slice(end), warnings };
}

function parseLine(line: string): CellRecord | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  const version = (json as { schema_version?: unknown } | null)?.schema_version;
  if (typeof version === 'number' && version > RUN_SCHEMA_VERSION) {
    return `written by a newer ridge (record version ${version}, this one reads ${RUN_SCHEMA_VERSION})`;
  }
  const parsed = cellRecordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `not a cell: ${issue?.path.join('.') || 'line'}: ${issue?.message}`;
}
