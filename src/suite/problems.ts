import type { z } from 'zod';
import { RidgeError } from '../errors.ts';
import { counted } from '../plural.ts';
import { nearest } from '../stats/nearest.ts';
import { unit, unitHint } from './key-units.ts';
import { knownKeys } from './known-keys.ts';
import { USER_INFO, USER_INFO_MEND, withoutUserInfo } from './user-info.ts';
import type { Path, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** One thing that is wrong with a file: where, what, and how to mend it. */
export interface Problem {
  readonly where: string;
  readonly offset: number;
  /** The key that it is about. */
  readonly subject: string;
  readonly message: string;
  readonly mend: string | undefined;
}

/** Every problem that a schema finds in a file, in the order of the file. */
export function findProblems(schema: z.ZodType, source: YamlSource): Problem[] {
  const parsed = schema.safeParse(source.value);
  if (parsed.success) return [];
  return parsed.error.issues
    .flatMap((issue) => explain(schema, source, issue, []))
    .sort((a, b) => a.offset - b.offset);
}

/** Others that are named beside the first problem. */
const MOST_NAMED = 4;

/** The first problem as the error that the user sees, with the number of others and what the first of them are about. */
export function problemError(problems: readonly Problem[]): RidgeError {
  const [first] = problems;
  if (!first) throw new TypeError('no problem to report');
  const others = problems.slice(1);
  const named = [...new Set(others.map(({ subject }) => subject))];
  const list = `${named.slice(0, MOST_NAMED).join(', ')}${named.length > MOST_NAMED ? ' ...' : ''}`;
  const more = others.length > 0 ? ` (and ${counted(others.length, 'more problem')}: ${list})` : '';
  return new RidgeError(first.message + more, {
    where: first.where,
    ...(first.mend ? { mend: first.mend } : {}),
  });
}

function explain(schema: z.ZodType, source: YamlSource, issue: Issue, parent: Path): Problem[] {
  const path = [...parent, ...issue.path];
  const name = path.length > 0 ? `'${pathName(path)}'` : 'the file';
  const at = (message: string, mend?: string): Problem => ({
    where: source.where(path),
    offset: source.offset(path),
    subject: name,
    message,
    mend,
  });
  if (issue.message === USER_INFO) return [at(`${name}: ${USER_INFO}`, USER_INFO_MEND)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(schema, source, path, key));
    case 'invalid_key':
      return [unknownKey(schema, source, path.slice(0, -1), String(path.at(-1)), issue.issues[0]?.message)];
    case 'invalid_union':
      return explainUnion(schema, source, issue, path);
    case 'invalid_type':
      return wrongType(issue.expected, path, valueAt(source.value, path), at, name);
    case 'invalid_value':
      if (path.join('.') === 'schema_version' && typeof valueAt(source.value, path) === 'number') {
        const reads = `this ridge reads ${issue.values.join(', ')}`;
        return [
          at(
            `schema_version ${show(valueAt(source.value, path))}: ${reads}`,
            'Update ridgepoint, or the file.',
          ),
        ];
      }
      return [wrongChoice(issue.values, valueAt(source.value, path), at, name)];
    case 'too_small':
      if (issue.origin === 'array')
        return [at(`${name} is empty`, 'Give at least one value, for example [128].')];
      return [
        at(`${name} is ${show(valueAt(source.value, path))}, the least is ${issue.minimum}`, unitHint(path)),
      ];
    case 'too_big':
      return [
        at(`${name} is ${show(valueAt(source.value, path))}, the most is ${issue.maximum}`, unitHint(path)),
      ];
    default:
      return [at(`${name} is ${show(valueAt(source.value, path))}: ${issue.message}`)];
  }
}

type At = (message: string, mend?: string) => Problem;

/** A key that is misspelt is missing, too: the misspelling is the better message, so it comes first. */
const missing = (at: At, name: string, what: string): Problem => ({
  ...at(`${name} is missing`, `Add it: ${what}.`),
  offset: Infinity,
});

function wrongChoice(values: readonly unknown[], given: unknown, at: At, name: string): Problem {
  if (given !== undefined) return at(`${name} is ${show(given)}`, choices(values, given));
  return missing(at, name, values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`);
}

function wrongType(expected: string, path: Path, given: unknown, at: At, name: string): Problem[] {
  if (given === undefined) return [missing(at, name, `${article(expected)}${unit(path)}`)];
  const inList = expected === 'array' && typeof given !== 'object';
  const mend = inList ? `Put it into brackets: [${listItems(given).join(', ')}].` : unitHint(path);
  return [at(`${name} is ${show(given)}, not ${article(expected)}`, mend)];
}

function unknownKey(schema: z.ZodType, source: YamlSource, path: Path, key: string, rule?: string): Problem {
  const known = knownKeys(schema, path);
  const whole = [...path, key];
  const at = (message: string, mend: string): Problem => ({
    where: source.whereKey(whole),
    offset: source.offset(whole),
    subject: `'${pathName(whole)}'`,
    message,
    mend,
  });
  if (known.includes(key)) {
    return at(`'${key}' does not go with the other keys here`, `Keep one of: ${known.join(', ')}.`);
  }
  if (known.length === 0) return at(`'${key}' is not a good name`, rule ?? 'Remove it.');
  const near = nearest(key, known);
  return at(`unknown key '${key}'`, near ? `Did you mean '${near}'?` : `Known here: ${known.join(', ')}.`);
}

/** The alternative that the writer meant is the one with the fewest complaints about keys. */
function explainUnion(
  schema: z.ZodType,
  source: YamlSource,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
): Problem[] {
  const aboutKeys = (issues: readonly Issue[]): number =>
    issues.filter((one) => one.code === 'unrecognized_keys' || one.path.length === 0).length;
  const best = [...issue.errors].sort((a, b) => aboutKeys(a) - aboutKeys(b) || a.length - b.length)[0];
  const unknown = best?.filter((one) => one.code === 'unrecognized_keys') ?? [];
  return (unknown.length > 0 ? unknown : (best ?? [])).flatMap((one) => explain(schema, source, one, path));
}

/** A list written as one text: `ssh host` or `1, 2`. */
const listItems = (given: unknown): string[] =>
  withoutUserInfo(String(given))
    .trim()
    .split(/[\s,]+/);

const pathName = (path: Path): string =>
  path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
    '',
  );

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function show(value: unknown): string {
  const text = withoutUserInfo(JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  boolean: 'true or false',
  tuple: 'a pair of numbers',
};
const article = (expected: string): string => KINDS[expected] ?? `a ${expected}`;

function choices(values: readonly unknown[], given: unknown): string {
  const words = values.map(String);
  const near = typeof given === 'string' ? nearest(given, words) : null;
  if (near) return `Did you mean ${near}?`;
  return words.length === 1 ? `Write ${words[0]}.` : `One of: ${words.join(', ')}.`;
}
