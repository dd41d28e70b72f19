import { type Dataset, DEFAULT_CHOICE, type EngineChoice, type Unknown, withChoice } from './dataset.ts';
import { fitInput } from './fit-input.ts';
import { fitRoofline, type RooflineFit } from './fit-roofline.ts';
import { jointDistance } from './joint-prior.ts';
import { parametersInData, termsOf } from './problem.ts';
import { huberLoss } from './robust.ts';
import { type FitOptions, SEARCH_MISFIT } from './search.ts';

/** What each unknown may be, the default first. Gradients cannot move them, so they are tried one by one. */
const ALTERNATIVES: { readonly [Name in Unknown]: readonly EngineChoice[Name][] } = {
  kv_bytes_per_element: [2, 1],
  max_num_batched_tokens: [8192, 2048, 4096, 16_384],
  admission: ['on_demand', 'reserved'],
  memory_utilisation: [0.9, 0.95, 0.885, 0.87, 0.85, 0.82, 0.79],
  burst_order: ['together', 'in_turn'],
  seat_margin: [0, -1],
  planning: ['each_step', 'a_step_ahead'],
};

/** One answer that was tried: how much worse the best fit with it is than the best of all. */
export interface TriedChoice {
  readonly value: EngineChoice[Unknown];
  /** Robust cost over the lowest one; 1 for the answer that was chosen. */
  readonly cost_ratio: number;
}

/** What was inferred about one unknown, with its evidence. */
export interface InferredChoice {
  readonly name: Unknown;
  readonly value: EngineChoice[Unknown];
  readonly tried: readonly TriedChoice[];
  /** Whether the data tell the answers apart: the second best costs at least 10 % more, more where cells are few. */
  readonly decided: boolean;
}

export interface Choices {
  readonly choice: EngineChoice;
  readonly inferred: readonly InferredChoice[];
}

const DECIDED = 1.1;
/** An answer has to cost so much less than the default before that is left: what engines do unless told otherwise is likely. */
const WORTH_LEAVING_DEFAULT = 0.9;
/** Of servers that somebody set up for each shape budget and seats are no engine's default: the best answer counts. */
const worthLeaving = (name: Unknown, unknown: readonly Unknown[]): number =>
  unknown.includes('seat_margin') && (name === 'seat_margin' || name === 'max_num_batched_tokens')
    ? 1
    : WORTH_LEAVING_DEFAULT;
const ROUNDS = 3;

/**
 * How many times less an answer has to cost than an engine's default, whatever the misfit of the model: of few cells one of
 * several answers explains some better by chance. The degrees of freedom times the logarithm of the ratio is twice that of the
 * likelihoods, which has to make up for odds that all the others share evenly.
 */
export const beyondChance = (degreesOfFreedom: number, rivals: number): number =>
  Math.exp((2 * Math.log(rivals)) / Math.max(1, degreesOfFreedom));

function beyondChanceOf({ card, observations }: Dataset, name: Unknown): number {
  const freedom = termsOf(card, observations).length - parametersInData(card, observations).length;
  return beyondChance(freedom, ALTERNATIVES[name].length - 1);
}

/**
 * Infers the engine facts that are not on record: one unknown after the other, each answer judged by the robust cost of its
 * best fit, until none changes.
 * @param padding what steps are taken to be padded to
 */
export function inferChoices(
  dataset: Dataset,
  options: FitOptions,
  padding: EngineChoice['padding'] = 'none',
): Choices {
  const costs = new Map<string, number>();
  let start: RooflineFit | null = null;
  const costOf = (choice: EngineChoice): number => {
    const key = JSON.stringify(choice);
    const known = costs.get(key);
    if (known !== undefined) return known;
    const fit = quickFit(dataset, choice, options, start);
    start ??= fit;
    const cost = robustCost(fit);
    costs.set(key, cost);
    return cost;
  };
  let choice: EngineChoice = { ...DEFAULT_CHOICE, padding };
  const unknown = dataset.unknown;
  for (let round = 0, changed = unknown.length > 0; changed && round < ROUNDS; round += 1) {
    changed = false;
    for (const name of unknown) {
      const most = Math.min(worthLeaving(name, unknown), 1 / beyondChanceOf(dataset, name));
      const best = bestOf(choice, name, most, costOf);
      changed ||= best[name] !== choice[name];
      choice = best;
    }
  }
  return {
    choice,
    inferred: unknown.map((name) => evidence(choice, name, costOf, beyondChanceOf(dataset, name))),
  };
}

const answers = (choice: EngineChoice, name: Unknown): EngineChoice[] =>
  ALTERNATIVES[name].map((value) => ({ ...choice, [name]: value }));

/** @param mostOfDefault what an answer may cost at most, as a share of what the default costs */
function bestOf(
  choice: EngineChoice,
  name: Unknown,
  mostOfDefault: number,
  costOf: (choice: EngineChoice) => number,
): EngineChoice {
  const [usual, ...others] = answers(choice, name);
  let best = usual!;
  let least = costOf(best) * mostOfDefault;
  for (const other of others) {
    const cost = costOf(other);
    if (cost < least) [best, least] = [other, cost];
  }
  return best;
}

function evidence(
  choice: EngineChoice,
  name: Unknown,
  costOf: (choice: EngineChoice) => number,
  beyond: number,
): InferredChoice {
  const own = costOf(choice);
  const tried = answers(choice, name).map((other) => ({
    value: other[name],
    cost_ratio: costOf(other) / own,
  }));
  const rivals = tried.filter(({ value }) => value !== choice[name]);
  return {
    name,
    value: choice[name],
    tried,
    decided: rivals.every(({ cost_ratio }) => cost_ratio >= Math.max(DECIDED, beyond)),
  };
}

/** A fit from where another answer's ended: answers differ in structure, hardly in the device. */
export function quickFit(
  dataset: Dataset,
  choice: EngineChoice,
  options: FitOptions,
  start: RooflineFit | null,
): RooflineFit {
  const input = fitInput(withChoice(dataset, choice), options);
  const from =
    start && Object.fromEntries(start.names.map((name) => [name, Math.log(start.parameters[name])]));
  return fitRoofline(input, { ...options, from: from ?? options.from, rough: true });
}

/**
 * Huber's loss of the residuals at fixed scales, so that costs of different fits compare. Few cells are explained too well by
 * any answer: under a joint prior it counts how far the server lies from it, and one unit a term keeps small gains small.
 */
export function robustCost(fit: RooflineFit): number {
  const { problem, point } = fit.solution;
  const { joint } = problem.input;
  let cost = joint ? jointDistance(joint, point) + fit.terms.length : 0;
  for (const { residual, metric } of fit.terms) {
    cost += huberLoss(residual / SEARCH_MISFIT[metric]);
  }
  return cost;
}
