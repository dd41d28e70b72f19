import { takesCell } from '../plan/candidate-grid.ts';
import { type TargetFacts, targetModel } from '../plan/facts.ts';
import type { InformativeCell } from '../plan/information.ts';
import { type Priors, parameterPriors } from '../roofline/priors.ts';
import { median } from '../stats/sorted.ts';
import { narrowed } from './family/narrow.ts';
import { areFew } from './few-cells.ts';
import { fitDataset } from './fit-dataset.ts';
import { DEFAULT_FIT_OPTIONS } from './fit-roofline.ts';
import { observationsFromRuns, type RunCells } from './from-runs.ts';
import type { HalfWidths } from './next-asked.ts';
import { type Criterion, chooseNext, covarianceOver, type MeasuredSite } from './next-cells.ts';
import { priorModel } from './next-prior.ts';
import type { Site } from './next-rows.ts';
import {
  type Conditions,
  candidatesOn,
  type NextTarget,
  parametersFor,
  siteOf,
  type TargetCandidate,
} from './next-sites.ts';
import { LATENCY_METRICS, type LatencyMetric, type Observation, shapeOf } from './observations.ts';
import type { FittedModel } from './predictive.ts';
import { parametersInData, termsOf } from './problem.ts';
import { priorsOf } from './transfer.ts';

/** A cell of the suite on a target. */
export interface RoundCell {
  readonly target: string;
  readonly key: string;
  readonly cell: InformativeCell;
}

/** Half-widths of 90 % intervals that are asked for, relative, by metric. */
export type Goals = Readonly<Partial<Record<LatencyMetric, number>>>;

export interface RoundQuestion {
  /** The run so far: its targets, and the cells that it has. */
  readonly run: RunCells;
  readonly facts: readonly TargetFacts[];
  /** Cells that may be measured. */
  readonly open: readonly RoundCell[];
  /** Predictions that are to become certain, with the tensor parallel size they are for; null: on every target. */
  readonly asked: readonly (InformativeCell & { readonly tensor_parallel: number | null })[];
  readonly goals: Goals;
  readonly criterion: Criterion;
  readonly count: number;
  readonly within_s: number;
  /** What others' fits say of the server, for as long as it has few cells; absent: the catalogue's priors hold. */
  readonly expected?: { readonly model: FittedModel; readonly degrees: number } | undefined;
}

export interface RoundAnswer {
  /** Whether the cells were enough for a fit; without one the widths are those of the priors, narrowed by the cells. */
  readonly fitted: boolean;
  readonly widths: HalfWidths;
  readonly reached: boolean;
  /** Keys of the cells to measure now, the most telling first. */
  readonly chosen: readonly string[];
  /** Whether there are open cells that the time left does not allow. */
  readonly too_long: boolean;
}

/** A fit to fewer is too sure of itself to end a run by. */
const LEAST_FREEDOM = 8;

/**
 * Fits what a run has and chooses the cells to go on with; where the cells are too few for a fit, from the priors.
 * @throws RidgeError (exit 2) naming what the targets lack for a fit
 */
export function planRound(question: RoundQuestion): RoundAnswer {
  const { run, facts, goals, criterion, count, within_s } = question;
  const dataset = observationsFromRuns([run]);
  const seen = dataset.observations.filter((one) => !one.hold_out);
  const targets = facts.map(nextTarget);
  const { protocol, stop } = run.run.suite.content;
  const turnAround = median(seen.flatMap((one) => one.turn_around_s ?? []));
  const conditions: Conditions = { protocol, stop, turnAroundSeconds: turnAround };
  const asked = askedSites(question, targets, conditions);
  const expected = areFew(seen) ? question.expected : undefined;
  const usual = parameterPriors(dataset.accelerator, dataset.card);
  const priors = expected ? priorsOf(expected.model, usual) : usual;
  const sizes = targets.map(({ engine }) => engine.tensorParallel);
  const names = parametersFor(dataset.card, sizes);
  const fitted = termsOf(dataset.card, seen).length > parametersInData(dataset.card, seen).length;
  const model = fitted
    ? fitDataset({ ...dataset, observations: seen }, { ...DEFAULT_FIT_OPTIONS, expected }).model
    : expected
      ? narrowed(expected.model, seen)
      : priorModel(dataset.card, priors, names);
  const candidates = openCandidates(question, targets, conditions, model, priors);
  const { now, cells } = chooseNext({
    model,
    priors,
    covariance: expected && covarianceOver(expected.model, names),
    names,
    measured: seen.map(measuredSite),
    candidates,
    asked,
    weights: weightsOf(goals),
    criterion,
    count,
    within_s,
  });
  // What others' fits know does not end a run.
  const freedom = model.degrees_of_freedom - (expected?.degrees ?? 0);
  return {
    fitted,
    widths: now,
    reached: fitted && freedom >= LEAST_FREEDOM && meets(now, goals),
    chosen: cells.map(({ candidate }) => candidate.key),
    too_long: candidates.some(({ seconds }) => seconds > within_s),
  };
}

function nextTarget(facts: TargetFacts): NextTarget {
  const { engine } = targetModel(facts)!;
  return { name: facts.name, engine, maxLengthTokens: facts.maxLengthTokens, power: facts.power ?? null };
}

const measuredSite = (one: Observation): MeasuredSite => ({
  engine: one.engine,
  shape: shapeOf(one),
  errors: { ttft: one.ttft?.relative_error ?? null, tpot: one.tpot?.relative_error ?? null },
});

function askedSites(
  { asked }: RoundQuestion,
  targets: readonly NextTarget[],
  conditions: Conditions,
): Site[] {
  const sizes = new Map(targets.map((target) => [target.engine.tensorParallel, target]));
  return asked.flatMap((cell) =>
    [...sizes.values()]
      .filter(({ engine }) => [null, engine.tensorParallel].includes(cell.tensor_parallel))
      .filter((target) => takesCell(target, cell))
      .map(({ engine }) => siteOf(engine, cell, conditions)),
  );
}

type OpenCandidate = TargetCandidate & { readonly key: string };

function openCandidates(
  { open }: RoundQuestion,
  targets: readonly NextTarget[],
  conditions: Conditions,
  { card, parameters }: FittedModel,
  priors: Priors,
): OpenCandidate[] {
  return targets.flatMap((target) =>
    open
      .filter((one) => one.target === target.name)
      .flatMap(({ key, cell }) =>
        candidatesOn(target, [cell], conditions, { card, priors, parameters }).map((one) => ({
          ...one,
          key,
        })),
      ),
  );
}

/** Variances count by what is asked of them; without goals alike. */
function weightsOf(goals: Goals): Record<LatencyMetric, number> {
  const given = LATENCY_METRICS.filter((metric) => goals[metric] !== undefined);
  const weight = (metric: LatencyMetric): number =>
    given.length === 0 ? 1 : goals[metric] === undefined ? 0 : 1 / goals[metric] ** 2;
  return { ttft: weight('ttft'), tpot: weight('tpot') };
}

/** Without a goal there is nothing to meet: the time decides. */
const meets = (widths: HalfWidths, goals: Goals): boolean =>
  Object.keys(goals).length > 0 &&
  LATENCY_METRICS.every((metric) => {
    const [goal, width] = [goals[metric], widths[metric]];
    return goal === undefined || width === null || width <= goal;
  });
