import type { StudyRow } from '../cost/study/benefits.ts';
import type { freeDecodeCeiling, JudgedClaim, Needed } from '../cost/study/claims.ts';
import type { FittedClaim, FittedDevice, FittedRow } from '../cost/study/fitted.ts';
import type { bestPairs, cheapestPrefill } from '../cost/study/orders.ts';
import type { Reconstruction } from '../cost/study/reconstruction.ts';
import type { Style } from '../report/style.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';

/** A study that was re-derived, in its three forms. */
export interface Study {
  readonly json: unknown;
  text(style: Style): string;
  svg(): string;
}

/** The reference study re-derived: everything that is printed. */
export interface Reference2025 {
  readonly uniform: readonly StudyRow[];
  readonly claims: readonly JudgedClaim[];
  readonly needed: readonly Needed[];
  readonly free_decode: ReturnType<typeof freeDecodeCeiling>;
  readonly reconstruction: readonly Reconstruction[];
  readonly best_pairs: ReturnType<typeof bestPairs>;
  readonly cheapest_prefill: ReturnType<typeof cheapestPrefill>;
  readonly fitted: readonly {
    readonly devices: readonly FittedDevice[];
    readonly claims: readonly FittedClaim[];
    readonly rows: readonly FittedRow[];
  }[];
}

/** Pairs that are printed; the JSON holds all. */
export const SHOWN_PAIRS = [
  ['b200-sxm::gaudi3', 'B200', '::G3'],
  ['b200-sxm::b200-sxm', 'B200', '::B200'],
  ['h100-sxm::gaudi3', 'H100', '::G3'],
  ['gaudi3::gaudi3', 'G3', '::G3'],
  ['b200-sxm::mi300x', 'B200', '::MI300X'],
] as const;

/** A basis in a column of a table. */
export const basisText = (basis: string): string =>
  basis
    .replace(/^asgar2025-stated at (.*)\/kWh$/, 'at $1')
    .replace('asgar2025-', '')
    .replace('inferencex-', '')
    .replace('purchase alone', 'purchase');

const VERDICTS: Readonly<Record<string, string>> = {
  reproduces: 'yes',
  'on another basis': 'other',
  'inside the intervals': 'inside',
  'does not reproduce': 'no',
  excluded: 'no',
  unclear: 'unclear',
};
/** Verdicts in a column of a table; `inside`: within the 90 % intervals; `other`: on another basis; `unclear`: no interval. */
export const verdictText = (verdict: keyof typeof VERDICTS): string => VERDICTS[verdict]!;

export const right = (title: string, unit?: string) =>
  ({ title, ...(unit && { unit }), align: 'right' }) as const;
export const span = (range: readonly [number, number] | null): string =>
  range ? range.map((value) => value.toFixed(2)).join('-') : 'no price';
export const shapeText = ({ shape, limit }: Pick<StudyRow, 'shape' | 'limit'>): string =>
  `${shape.input}/${shape.output} ${limit === 'latency' ? 'lat' : 'thr'}`;
export const wrapped = (text: string): string => wrapLines(text, REPORT_COLUMNS);
