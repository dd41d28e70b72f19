import type { Fit, FitParameter } from '../fitfile/schema.ts';
import { formatNumber, formatPercent, formatQuantity } from '../report/format.ts';
import { DRAFT_NAMES, type DraftName, type ParameterName } from '../roofline/parameters.ts';

/** Whether the data know a parameter, in a word or two; what the words mean stands under the table. */
export function stateOf(parameter: FitParameter): string {
  if (parameter.not_in_data) return 'no data';
  if (parameter.at_bound) return `at ${boundOf(parameter)} limit`;
  if (parameter.prior_dominated) return 'prior only';
  return parameter.efficiency?.above_one ? 'above peak' : 'yes';
}

/** What a reader must know of single parameters, and of pairs of them. */
export function parameterNotes(fit: Fit, names: readonly (ParameterName | DraftName)[]): string[] {
  const single = names.flatMap((name) => notesOf(name, parameterOf(fit, name)));
  const pairs = fit.confounded.map(
    ({ parameters: [a, b], correlation }) =>
      `${a} and ${b} are confounded (correlation ${formatNumber(correlation)}): read them together`,
  );
  return [...single, ...pairs];
}

const isDraft = (name: ParameterName | DraftName): name is DraftName =>
  (DRAFT_NAMES as readonly string[]).includes(name);

/** A parameter of a fit, or a cost of proposing tokens. */
export const parameterOf = (fit: Fit, name: ParameterName | DraftName): FitParameter =>
  isDraft(name) ? fit.draft!.parameters[name] : fit.parameters[name]!;

function notesOf(name: ParameterName | DraftName, parameter: FitParameter): string[] {
  const { advice, at_bound, efficiency, not_in_data } = parameter;
  return [
    ...(at_bound && !not_in_data ? [boundNote(name, parameter)] : []),
    ...(efficiency?.above_one && !not_in_data ? [aboveNote(name, parameter, efficiency)] : []),
    ...(advice === null ? [] : [`${name} is not identified by these cells; most is told by ${advice}`]),
  ];
}

/** The nearer one, as parameters are searched: by their logarithm. */
const boundOf = ({ value, prior }: FitParameter): 'upper' | 'lower' =>
  value * value > prior.lower * prior.upper ? 'upper' : 'lower';

function boundNote(name: ParameterName | DraftName, parameter: FitParameter): string {
  const side = boundOf(parameter);
  const limit = formatQuantity(parameter.prior[side], parameter.unit);
  return `${name} lies at the ${side} limit of what is physically possible here (${limit}): the cells pull it further, so it has no interval, and something else is wrong or missing (a setting, the model's architecture, the accelerator)`;
}

function aboveNote(
  name: ParameterName | DraftName,
  { unit }: FitParameter,
  { value, of, published }: NonNullable<FitParameter['efficiency']>,
): string {
  const source = published
    ? "the data sheet's peak"
    : 'the peak that was assumed, as the data sheet has none';
  return `${name} is ${formatPercent(value)} of ${source} (${formatQuantity(of, unit)}): no device does that, so the peak or the precision stated for it is wrong, or another cost went into this number; predictions inside the measured range hold all the same`;
}
