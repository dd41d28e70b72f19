import type { JudgedBaseline } from '../../src/fit/baselines/score.ts';
import type { ObservedError } from '../../src/fit/errors.ts';

/** An error, and whether its cell lies within the lengths, loads and TP sizes of the training part. */
export interface ScoredError extends ObservedError {
  readonly in_hull: boolean;
}

/** Where a target comes from: the goal that was set, the prototype's figure on the same rows, or the general gate. */
export type TargetSource = 'goal' | 'prototype' | 'gate';

/** Largest error in percent; a metric without one is printed only. */
export interface Targets {
  readonly tpot?: number;
  readonly ttft?: number;
  readonly source: TargetSource;
  /** Which figure the target holds; default: the mean absolute error. */
  readonly on?: 'median';
}

/** How much a prediction had to stretch. */
export type Kind = 'in_sample' | 'hold_out' | 'transfer';

export type Outcome =
  | {
      readonly state: 'scored';
      readonly errors: readonly ScoredError[];
      readonly baselines: readonly JudgedBaseline[];
    }
  | { readonly state: 'refused'; readonly reason: string };

/** One line of questions: cells predicted by a fit that learnt nothing from them (or, in sample, from them). */
export interface Score {
  /** Code of the block: U1, G1, ... */
  readonly block: string;
  readonly name: string;
  readonly kind: Kind;
  readonly targets: Targets | null;
  /** True where the same errors stand in other lines already: not to be counted again. */
  readonly repeated: boolean;
  readonly outcome: Outcome;
}

/** Lines of several parts as one; parts that were refused are left out, and refused it is when all are. */
export function pooled(name: string, scores: readonly Score[], targets: Targets | null): Score {
  const { block, kind } = scores[0]!;
  const scored = scores.flatMap(({ outcome }) => (outcome.state === 'scored' ? [outcome] : []));
  const refused = scores.flatMap(({ outcome }) => (outcome.state === 'refused' ? [outcome.reason] : []));
  const outcome: Outcome =
    scored.length === 0
      ? { state: 'refused', reason: refused[0]! }
      : { state: 'scored', errors: scored.flatMap(({ errors }) => errors), baselines: [] };
  return { block, name, kind, targets, repeated: true, outcome };
}
