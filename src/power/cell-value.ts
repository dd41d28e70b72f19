/** Words by which the tools say that they do not know a value. */
const UNKNOWN =
  /^(\[?n\/?a\]?|\[?not supported\]?|\[?unknown error\]?|\[?gpu requires reset\]?|\[?insufficient permissions\]?|-|)$/i;
/** Sentinels of unset counters: the largest values of 32 and 64 bits, and what DCGM prints for blank. */
const LEAST_SENTINEL = 2 ** 31 - 16;

/** A number of a cell, with or without its unit; null: the tool says that it does not know; undefined: neither. */
export function readNumber(text: string | undefined): number | null | undefined {
  const trimmed = text?.trim() ?? '';
  if (UNKNOWN.test(trimmed)) return null;
  const match = /^(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:\s*[a-zA-Z%°/]+)?$/i.exec(trimmed);
  return match === null ? undefined : Number(match[1]);
}

/** Watts of a cell, and whether the cell is broken: a negative one is, as is a text that is no number. */
export function readPower(text: string | undefined): { power_w: number | null; bad: boolean } {
  const value = readNumber(text);
  if (value === undefined || (value !== null && value < 0)) return { power_w: null, bad: true };
  return { power_w: value !== null && value >= LEAST_SENTINEL ? null : value, bad: false };
}

/** A number that is only recorded: null where it is not one. */
export const readOptional = (text: string | undefined): number | null => readNumber(text) ?? null;
