import type { BadRow, SourceRow, SourceTable } from './source-row.ts';

/** Whether text looks like JSON rather than CSV. */
export const looksLikeJson = (source: string): boolean => /^\uFEFF?\s*[[{]/.test(source);

/**
 * Reads rows from JSON: an array of objects, one object, or one object a line. Each object stands for itself, so a damaged
 * or cut off one is a bad row and the others are read. Members that are objects or lists are left out.
 */
export function readJson(source: string): SourceTable {
  const rows: SourceRow[] = [];
  const badRows: BadRow[] = [];
  const columns = new Set<string>();
  for (const { line, text, whole } of objectTexts(source)) {
    const cells = whole ? cellsOf(text) : null;
    if (cells === null) {
      badRows.push({ line, problem: whole ? 'not JSON' : 'the object is cut off' });
      continue;
    }
    for (const name of cells.keys()) columns.add(name);
    rows.push({ line, cells });
  }
  return { columns: [...columns], rows, badRows };
}

function cellsOf(text: string): Map<string, string> | null {
  try {
    const members = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return new Map(members.flatMap(([name, value]) => cellOf(name, value)));
  } catch {
    return null;
  }
}

function cellOf(name: string, value: unknown): [string, string][] {
  if (value === null) return [[name, '']];
  return typeof value === 'object' ? [] : [[name, String(value).trim()]];
}

interface ObjectText {
  readonly line: number;
  readonly text: string;
  readonly whole: boolean;
}

/** The outermost `{...}` of a text with the line on which each begins; strings are skipped, so braces in them do not count. */
function* objectTexts(source: string): Generator<ObjectText> {
  let depth = 0;
  let start = 0;
  let line = 1;
  let startLine = 1;
  for (const { 0: token, index } of source.matchAll(/"(?:[^"\\\n]|\\.)*"|[{}\n]/g)) {
    if (token === '\n') line += 1;
    else if (token === '{') {
      if (depth === 0) [start, startLine] = [index, line];
      depth += 1;
    } else if (token === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) yield { line: startLine, text: source.slice(start, index + 1), whole: true };
    }
  }
  if (depth > 0) yield { line: startLine, text: source.slice(start), whole: false };
}
