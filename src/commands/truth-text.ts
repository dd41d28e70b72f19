import type { FitParameter } from '../fitfile/schema.ts';
import { formatQuantity, MISSING } from '../report/format.ts';
import { DRAFT_NAMES, type DraftName, type ParameterName } from '../roofline/parameters.ts';
import type { RunTarget } from '../run/schema.ts';
import { canonicalJson } from '../stats/canonical-json.ts';

type Values = Readonly<Record<string, number>>;

/** What the targets of a fit say they are made of, where they are simulated. */
export interface Truth {
  /** Null where a target is real, or where the targets were made of different values. */
  readonly values: Values | null;
  /** What the reader must know to compare. */
  readonly notes: readonly string[];
}

/** The one truth of a fit's targets, or why there is none. */
export function truthOf(targets: readonly RunTarget[]): Truth {
  const simulators = targets.flatMap(({ simulator }) => (simulator ? [simulator] : []));
  const [first] = simulators;
  if (!first) return { values: null, notes: [] };
  if (simulators.length < targets.length) {
    return { values: null, notes: ['compared with no simulator: not every target is one'] };
  }
  const truths = new Set(simulators.map(({ parameters }) => canonicalJson(withoutDraft(parameters))));
  if (truths.size > 1) {
    const seeds = [...new Set(simulators.map(({ seed }) => seed))].join(', ');
    return {
      values: null,
      notes: [
        `compared with no simulator: the targets are made of ${truths.size} different sets of parameters (seeds ${seeds}); choose with --target NAME`,
      ],
    };
  }
  const effects = [...new Set(simulators.flatMap((one) => one.effects))];
  const values = Object.assign({}, ...simulators.map(({ parameters }) => parameters)) as Values;
  return { values, notes: effects.length > 0 ? [effectsNote(effects)] : [] };
}

/** A simulator that does not speculate has no cost of it. */
const withoutDraft = (parameters: Values): Values =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => !DRAFTS.has(name)));
const DRAFTS = new Set<string>(DRAFT_NAMES);

const effectsNote = (effects: readonly string[]): string =>
  `the simulator also has ${effects.join(', ')}, which the fitted form does not contain, so a true value may lie outside its interval`;

/** The simulator's value of a parameter, and whether the fit's interval holds it. */
export function besideTruth(
  name: ParameterName | DraftName,
  { interval_90, unit }: FitParameter,
  truth: Values,
): [value: string, inside: string] {
  const value = truth[name];
  if (value === undefined) return [MISSING, MISSING];
  const inside = interval_90 && value >= interval_90[0] && value <= interval_90[1];
  return [formatQuantity(value, unit), inside === null ? MISSING : inside ? 'yes' : 'no'];
}
