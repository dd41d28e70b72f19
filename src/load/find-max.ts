import type { LoadJudgement } from '../measure/load-judgement.ts';
import type { SearchEnd } from './search-ends.ts';

/** Which loads a search may try. */
export interface SearchRules {
  readonly axis: 'rate' | 'concurrency';
  readonly start: number;
  readonly least: number;
  readonly most: number;
  /** The search ends when what did not meet lies at most this share above what did. */
  readonly tolerance: number;
}

/** A load that was tried, with its repeats as one judgement. */
export interface Try {
  readonly load: number;
  readonly judgement: LoadJudgement;
}

export interface Bracket {
  /** The highest load that met every objective, below the lowest that did not. */
  readonly met: Try | null;
  readonly not_met: Try | null;
}

export type SearchStep =
  | { readonly kind: 'measure'; readonly load: number; readonly repeat: number }
  | { readonly kind: 'done'; readonly ended: SearchEnd };

/** A load whose interval straddles a limit is measured so often; then its mean decides, and the bracket says so. */
const MOST_REPEATS = 3;
/** A cell that says nothing is tried once more. */
const MOST_UNUSABLE = 2;
/** Steps while the limit is not in sight: far below it, larger ones. */
const STEP = 2;
const LONG_STEP = 4;
const FAR_BELOW = 0.3;

const meets = ({ judgement }: Try): boolean =>
  judgement.outcome === 'met' || (judgement.outcome === 'undecided' && judgement.margin <= 1);
const misses = ({ judgement }: Try): boolean =>
  judgement.outcome === 'not_met' || (judgement.outcome === 'undecided' && judgement.margin > 1);

export function bracketOf(tries: readonly Try[]): Bracket {
  const missed = tries.filter(misses).sort((a, b) => a.load - b.load);
  const not_met = missed[0] ?? null;
  const met = tries.filter((one) => meets(one) && (not_met === null || one.load < not_met.load));
  return { met: met.sort((a, b) => b.load - a.load)[0] ?? null, not_met };
}

/**
 * What a search for the highest load does next: doubles or halves until the limit lies between two loads, then halves their
 * ratio. It has no memory: what was tried decides, so that a search that was stopped goes on.
 */
export function nextStep(tries: readonly Try[], rules: SearchRules): SearchStep {
  const again = tries.find(({ judgement }) => needsRepeat(judgement));
  if (again) return { kind: 'measure', load: again.load, repeat: again.judgement.repeats };
  if (tries.some(({ judgement }) => judgement.outcome === 'unusable'))
    return { kind: 'done', ended: 'unusable' };
  const { met, not_met } = bracketOf(tries);
  const withheld = tries.filter(({ judgement }) => judgement.outcome === 'withheld').map(({ load }) => load);
  // Too few requests for a percentile: a higher load brings more of them.
  const low = Math.max(met?.load ?? 0, ...withheld.filter((load) => not_met === null || load < not_met.load));
  const high = not_met?.load ?? null;
  const next = nextLoad(low, high, met, rules);
  if (next !== null) return { kind: 'measure', load: next, repeat: 0 };
  if (low > (met?.load ?? 0)) return { kind: 'done', ended: 'few_samples' };
  if (met === null) return { kind: 'done', ended: 'none_met' };
  return { kind: 'done', ended: not_met === null ? 'all_met' : 'bracketed' };
}

function needsRepeat({ outcome, repeats }: LoadJudgement): boolean {
  if (outcome === 'undecided') return repeats < MOST_REPEATS;
  return outcome === 'unusable' && repeats < MOST_UNUSABLE;
}

/** @param low the highest load that may count as met; 0: none */
function nextLoad(low: number, high: number | null, met: Try | null, rules: SearchRules): number | null {
  const { least, most, start, tolerance } = rules;
  const tried = (load: number): boolean => load === low || load === high;
  if (low === 0 && high === null) return clamp(start, rules);
  if (high === null) {
    const far = met !== null && met.judgement.margin < FAR_BELOW;
    const next = clamp(low * (far ? LONG_STEP : STEP), rules);
    return low >= most || tried(next) ? null : next;
  }
  if (low === 0) {
    const next = clamp(high / STEP, rules);
    return high <= least || tried(next) ? null : next;
  }
  if (high <= low * (1 + tolerance)) return null;
  const next = clamp(Math.sqrt(low * high), rules);
  return tried(next) ? null : next;
}

/** A load that can be asked for: whole streams, rates of four digits. */
function clamp(load: number, { axis, least, most }: SearchRules): number {
  const rounded = axis === 'concurrency' ? Math.round(load) : Number(load.toPrecision(4));
  return Math.min(most, Math.max(least, rounded));
}
