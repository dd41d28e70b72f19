import { RidgeError } from '../errors.ts';
import type { Observation } from '../fit/observations.ts';

export const RULE_AXES = ['input', 'output', 'concurrency', 'tp', 'target'] as const;
export type RuleAxis = (typeof RULE_AXES)[number];

/** Cells by one of their axes, for example those at concurrency 32 or 64. */
export interface CellRule {
  readonly axis: RuleAxis;
  /** Numbers of tokens, streams or devices; names of targets. */
  readonly values: readonly (number | string)[];
}

/** Which cells a fit uses, and which of them it only predicts. */
export interface CellRules {
  /** Those that meet one rule of every axis that is named; default: all. */
  readonly only?: readonly CellRule[] | undefined;
  /** Kept from the fit where any rule covers them, beside those that the suite keeps. */
  readonly holdOut?: readonly CellRule[] | undefined;
}

const VALUE_OF: Readonly<Record<RuleAxis, (one: Observation) => number | string>> = {
  input: (one) => one.input_tokens,
  output: (one) => one.output_tokens,
  concurrency: (one) => one.concurrency,
  tp: (one) => one.engine.tensorParallel,
  target: (one) => one.target,
};

const covers = ({ axis, values }: CellRule, one: Observation): boolean =>
  values.includes(VALUE_OF[axis](one));

/** As it is written on the command line and in fit files. */
export const ruleText = ({ axis, values }: CellRule): string => `${axis}=${values.join('|')}`;

/**
 * The cells of a fit, with those marked that are kept from it.
 * @throws RidgeError (exit 2) naming a value that no cell has
 */
export function selectCells(
  observations: readonly Observation[],
  { only = [], holdOut = [] }: CellRules,
): Observation[] {
  requireCells(observations, only, 'only');
  const axes = [...Map.groupBy(only, (rule) => rule.axis).values()];
  const selected = observations.filter((one) =>
    axes.every((rules) => rules.some((rule) => covers(rule, one))),
  );
  requireCells(selected, holdOut, 'hold-out');
  return selected.map((one) =>
    holdOut.some((rule) => covers(rule, one)) ? { ...one, hold_out: true } : one,
  );
}

function requireCells(observations: readonly Observation[], rules: readonly CellRule[], flag: string): void {
  for (const { axis, values } of rules) {
    const there = [...new Set(observations.map(VALUE_OF[axis]))];
    const missing = values.find((value) => !there.includes(value));
    if (missing === undefined) continue;
    throw new RidgeError(`--${flag} ${axis}=${missing}: no cell has it`, {
      mend: `The cells have ${axis} ${there.sort(byValue).join(', ') || 'no value'}.`,
    });
  }
}

const byValue = (a: number | string, b: number | string): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
