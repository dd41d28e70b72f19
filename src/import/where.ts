import { RidgeError } from '../errors.ts';
import { nearest } from '../stats/nearest.ts';
import { FACTS, type MeasuredRow } from './measured-row.ts';
import type { SourceRow } from './source-row.ts';

export const OPERATORS = ['<=', '>=', '!=', '=', '<', '>'] as const;
export type Operator = (typeof OPERATORS)[number];

/** A condition on a row. `key` is a column of the file or a common name such as `tensor_parallel`, see `FACTS`. */
export interface Predicate {
  readonly key: string;
  readonly operator: Operator;
  /** Numbers are compared as numbers, text without case. With `=` and `!=` it may be several, as `2|4`. */
  readonly value: string | number;
}

/**
 * Conditions from `key=value,key<=value`; all of them must hold.
 * @throws RidgeError (exit 2) when a part is no condition
 */
export const parseWhere = (text: string): Predicate[] => text.split(',').map(parseOne);

function parseOne(text: string): Predicate {
  const [, key, operator, value] = /^([^=<>!]+)(<=|>=|!=|=|<|>)(.*)$/.exec(text) ?? [];
  if (key === undefined || operator === undefined || value === undefined) {
    throw new RidgeError(`--where: '${text}' is no condition`, {
      mend: "Write key=value or 'key<=value', for example --where tp=4,isl=1024.",
    });
  }
  return { key: key.trim(), operator: operator as Operator, value: value.trim() };
}

export const predicateText = ({ key, operator, value }: Predicate): string => `${key}${operator}${value}`;

const isFact = (key: string): key is keyof typeof FACTS => Object.hasOwn(FACTS, key);

/** @throws RidgeError (exit 2) when a condition names nothing that rows have */
export function requireKnownKeys(predicates: readonly Predicate[], columns: readonly string[]): void {
  const known = [...columns, ...Object.keys(FACTS)];
  const stray = predicates.find(({ key }) => !known.includes(key));
  if (!stray) return;
  const near = nearest(stray.key, known);
  throw new RidgeError(`--where: the rows have no '${stray.key}'`, {
    mend: near ? `Did you mean '${near}'?` : `Columns: ${columns.join(' ')}.`,
  });
}

/** Whether a row meets every condition, by its columns and by its common names. */
export const meets = (row: MeasuredRow, source: SourceRow, predicates: readonly Predicate[]): boolean =>
  predicates.every((predicate) => {
    const { key } = predicate;
    const fact = isFact(key) ? FACTS[key](row) : null;
    const values = [source.cells.get(key), fact === null ? undefined : String(fact)];
    return holds(
      predicate,
      values.filter((value) => value !== undefined),
    );
  });

/** Whether the columns alone show that a row does not meet the conditions; for rows that cannot be read. */
export const fails = (source: SourceRow, predicates: readonly Predicate[]): boolean =>
  predicates.some((predicate) => {
    const value = source.cells.get(predicate.key);
    return value !== undefined && value !== '' && !holds(predicate, [value]);
  });

function holds({ operator, value }: Predicate, values: readonly string[]): boolean {
  if (operator === '=') return values.some((one) => isOneOf(one, value));
  if (operator === '!=') return !values.some((one) => isOneOf(one, value));
  const [left, right] = [Number(values[0] || Number.NaN), Number(value)];
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}

const isOneOf = (one: string, value: string | number): boolean =>
  String(value)
    .split('|')
    .some((alternative) => isSame(one, alternative));

const isSame = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase() ||
  (one !== '' && other !== '' && Number.isFinite(Number(one)) && Number(one) === Number(other));
