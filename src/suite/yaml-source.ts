import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { RidgeError } from '../errors.ts';

export type Path = readonly PropertyKey[];

/** A parsed YAML file that still knows where everything stood. */
export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** `file:line:column` of the value at a path; of its nearest existing parent where it is missing. */
  where(path: Path): string;
  /** `file:line:column` of the key at the end of a path. */
  whereKey(path: Path): string;
  /** For sorting problems in the order of the file. */
  offset(path: Path): number;
}

const LARGEST_FILE_BYTES = 1 << 20;
const DEEPEST = 32;

/**
 * Parses YAML (JSON included) text.
 * @throws RidgeError (exit 2) with file:line:column on a syntax error, a duplicate key or a file beyond its bounds
 */
export function parseYaml(text: string, file: string): YamlSource {
  if (text.length > LARGEST_FILE_BYTES) {
    throw new RidgeError('file is larger than 1 MiB', { where: file, mend: 'Give a suite or lab file.' });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken) throw syntaxError(broken.code, broken.message, at(broken.pos[0]));
  const source: YamlSource = {
    file,
    value: toPlain(document.toJS({ maxAliasCount: 50 }), file),
    where: (path) => at(source.offset(path)),
    whereKey: (path) => at(keyOffset(document.contents, path) ?? source.offset(path)),
    offset: (path) => nodeOffset(document.contents, path),
  };
  return source;
}

function syntaxError(code: string, message: string, where: string): RidgeError {
  const what = message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  return code === 'DUPLICATE_KEY'
    ? new RidgeError('the same key stands twice in this map', {
        where,
        mend: 'Rename or remove one of them.',
      })
    : new RidgeError(`not valid YAML: ${what}`, {
        where,
        mend: 'Check indentation, quotes and brackets here.',
      });
}

/** Refuses nesting beyond what any of our files needs; keys like `__proto__` are plain data in the parser's output. */
function toPlain(value: unknown, file: string, depth = 0): unknown {
  if (depth > DEEPEST)
    throw new RidgeError(`nested deeper than ${DEEPEST} levels`, { where: file, mend: 'Flatten the file.' });
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) toPlain(member, file, depth + 1);
  }
  return value;
}

function child(node: Node | null, key: PropertyKey): Node | null {
  if (!isNode(node) || !('get' in node)) return null;
  const next = node.get(key as string, true);
  return isNode(next) ? next : null;
}

function nodeOffset(root: unknown, path: Path): number {
  let node = isNode(root) ? root : null;
  for (const key of path) {
    const next = child(node, key);
    if (!next) break;
    node = next;
  }
  return node?.range?.[0] ?? 0;
}

function keyOffset(root: unknown, path: Path): number | null {
  let node = isNode(root) ? root : null;
  for (const key of path.slice(0, -1)) node = child(node, key);
  if (!isMap(node)) return null;
  const last = String(path.at(-1));
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === last);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
}
