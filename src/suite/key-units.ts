import type { Path } from './yaml-source.ts';

/** A key says its unit at its end; a value carries none. */
const UNITS: readonly [RegExp, string][] = [
  [/_gb_per_s$/, 'GB/s'],
  [/_tflops$/, 'TFLOP/s'],
  [/_ms$/, 'milliseconds'],
  [/(?<!_per)_s$/, 'seconds'],
  [/_w$/, 'watts'],
  [/_bytes$/, 'bytes'],
  [/(_tokens|^input|^output)$/, 'tokens'],
];
/** ` of seconds`, by the end of the last key of a path; empty where it says none. */
export const unit = (path: Path): string => {
  const key = [...path].reverse().find((part) => typeof part === 'string') ?? '';
  const found = UNITS.find(([pattern]) => pattern.test(String(key)));
  return found ? ` of ${found[1]}` : '';
};
/** How to write a value whose key says its unit. */
export const unitHint = (path: Path): string | undefined =>
  unit(path) ? `Write a plain number${unit(path)}, without a unit.` : undefined;
