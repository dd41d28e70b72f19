import { robustSpread } from '../../stats/robust-spread.ts';
import { alikeKey, tokensOf } from './step-kinds.ts';
import { straightResiduals } from './straight-residuals.ts';
import type { UsableStep } from './usable-steps.ts';

/** Steps that were the first of their size and dearer for it. */
export interface FirstUse {
  readonly steps: number;
  /** By how much they are slower than later steps of like work, relative. */
  readonly slower_by: number;
}

/** Fewer of either cannot be compared. */
const FEWEST = 12;
/** A difference below these is none: standard errors, and relative. */
const LEAST_Z = 4;
const LEAST_SHARE = 0.02;
/** Standard error of a median over that of a mean, of normal values. */
const MEDIAN_TO_MEAN = 1.2533;

/**
 * Some engines build or choose kernels when a step of a size comes up for the first time (libraries for CPUs and graph compilers
 * do). Where such steps are slower than later ones of like work, they are set aside: what they cost is no part of a roofline.
 * Null: there is no such difference, or too few steps tell.
 */
export function setFirstUsesAside(steps: readonly UsableStep[]): {
  readonly steps: readonly UsableStep[];
  readonly first_use: FirstUse | null;
} {
  const firsts = firstOfSize(steps);
  const [first, later]: [number[], number[]] = [[], []];
  for (const alike of Map.groupBy(steps, ({ load }) => alikeKey(load)).values()) {
    const isMixed = alike.some((step) => firsts.has(step)) && alike.some((step) => !firsts.has(step));
    if (!isMixed) continue;
    straightResiduals(alike).residuals.forEach((residual, i) => {
      (firsts.has(alike[i]!) ? first : later).push(residual);
    });
  }
  if (first.length < FEWEST || later.length < FEWEST) return { steps, first_use: null };
  const [ofFirst, ofLater] = [robustSpread(first)!, robustSpread(later)!];
  const slower_by = ofFirst.middle - ofLater.middle;
  const error =
    MEDIAN_TO_MEAN * Math.hypot(ofFirst.sd / Math.sqrt(first.length), ofLater.sd / Math.sqrt(later.length));
  if (slower_by < Math.max(LEAST_SHARE, LEAST_Z * error)) return { steps, first_use: null };
  return {
    steps: steps.filter((step) => !firsts.has(step)),
    first_use: { steps: firsts.size, slower_by },
  };
}

function firstOfSize(steps: readonly UsableStep[]): Set<UsableStep> {
  const seen = new Set<number>();
  return new Set(
    steps.filter(({ load }) => {
      const tokens = tokensOf(load);
      const isFirst = !seen.has(tokens);
      seen.add(tokens);
      return isFirst;
    }),
  );
}
