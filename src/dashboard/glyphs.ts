import type { CellStatus } from './state.ts';

export type Tone = 'good' | 'doubtful' | 'bad' | 'active' | 'quiet';

/** What a cell is called in the map and its legend. */
export type CellKind = 'valid' | 'flagged' | 'invalid' | 'failed' | 'running' | 'pending';

/** In the order of the legend. */
export const CELL_KINDS: readonly CellKind[] = [
  'valid',
  'flagged',
  'invalid',
  'failed',
  'running',
  'pending',
];

export const TONES: Readonly<Record<CellKind, Tone>> = {
  valid: 'good',
  flagged: 'doubtful',
  invalid: 'bad',
  failed: 'bad',
  running: 'active',
  pending: 'quiet',
};

/** Signs that tell every kind apart without colour. */
export interface GlyphSet extends Readonly<Record<CellKind, string>> {
  readonly barDone: string;
  readonly barLeft: string;
  readonly plusMinus: string;
}

export const UNICODE_GLYPHS: GlyphSet = {
  valid: '✓',
  flagged: '!',
  invalid: '✗',
  failed: '#',
  running: '►',
  pending: '·',
  barDone: '━',
  barLeft: '─',
  plusMinus: '±',
};

export const ASCII_GLYPHS: GlyphSet = {
  ...UNICODE_GLYPHS,
  valid: 'v',
  invalid: 'x',
  running: '>',
  pending: '.',
  barDone: '=',
  barLeft: '-',
  plusMinus: '+-',
};

/** ASCII where the locale is C or the terminal is the Linux console, whose fonts lack the signs. */
export function glyphsFor(environment: Readonly<Record<string, string | undefined>>): GlyphSet {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  const plain = /^(C|POSIX)$/.test(locale) || environment.TERM === 'linux' || environment.TERM === 'dumb';
  return plain ? ASCII_GLYPHS : UNICODE_GLYPHS;
}

/** One cell as the map shows it; `kept`: measured by an earlier execution of this run, drawn dim. */
export interface CellMark {
  readonly kind: CellKind;
  readonly kept: boolean;
}

export function markOf(status: CellStatus): CellMark {
  if (status.state !== 'finished') return { kind: status.state, kept: false };
  return { kind: status.verdict, kept: status.reused };
}
