import { RidgeError } from '../errors.ts';

/** Flags that name the targets of `run` and `probe`. */
export const TARGET_FLAGS = {
  lab: { type: 'string' },
  target: { type: 'string', multiple: true },
  accelerator: { type: 'string' },
  tp: { type: 'string' },
  model: { type: 'string' },
  'model-config': { type: 'string' },
} as const;

/**
 * A whole number from a flag.
 * @throws RidgeError (exit 2) naming the flag
 */
export function wholeFlag(flag: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new RidgeError(`--${flag}: '${text}' is not a whole number of ${least} or more`);
}

/** A number above 0 from a flag, see `wholeFlag`. */
export function positiveFlag(flag: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RidgeError(`--${flag}: '${text}' is not a number above 0`);
}

/**
 * One of a flag's names.
 * @throws RidgeError (exit 2) naming them
 */
export function oneOfFlag<Name extends string>(flag: string, text: string, names: readonly Name[]): Name {
  const name = names.find((each) => each === text);
  if (name !== undefined) return name;
  throw new RidgeError(`--${flag}: '${text}' is none of ${names.join(', ')}`);
}

/** `1,2` as numbers, see `wholeFlag`. */
export const wholeListFlag = (flag: string, text: string, least: number): number[] => [
  ...new Set(text.split(',').map((one) => wholeFlag(flag, one, least))),
];

export const optionalFlag = <Value>(
  text: string | undefined,
  parse: (text: string) => Value,
): Value | undefined => (text === undefined ? undefined : parse(text));
