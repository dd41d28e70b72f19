import type { Matrix } from 'ml-matrix';
import { covarianceOf } from '../fit/covariance.ts';
import { leaveOutTerms } from '../fit/cross-validation.ts';
import type { RooflineFit } from '../fit/fit-roofline.ts';
import type { RunObservations } from '../fit/from-runs.ts';
import { informationShares } from '../fit/information.ts';
import type { FirstUse } from '../fit/steps/first-use.ts';
import type { ObservedSteps } from '../fit/steps/observed-steps.ts';
import { openQuestions } from '../fit/steps/open-questions.ts';
import type { Fit } from './schema.ts';
import type { FitSources } from './sources-schema.ts';

/** What means and steps each gave a fit; nothing where steps were not used. */
export function sourcesOf(
  fit: RooflineFit,
  { card, targets, ...data }: Pick<RunObservations, 'card' | 'targets' | 'observations'>,
): Pick<Fit, 'sources'> {
  const observations = data.observations.filter((one) => !one.hold_out);
  const withSteps = observations.filter((one) => one.steps);
  if (withSteps.length === 0) return {};
  const { terms } = fit.solution.problem;
  const places = terms.map((_, i) => i);
  const means = places.filter((i) => !terms[i]!.source);
  const steps = places.filter((i) => terms[i]!.source);
  const seen = withSteps.flatMap((one) => (one.steps ?? []).map((each) => ({ target: one.target, each })));
  const sum = (read: (each: ObservedSteps) => number): number =>
    seen.reduce((total, { each }) => total + read(each), 0);
  const shares = sharesOf(fit, means, steps);
  const priorShares = Object.fromEntries(Object.entries(shares).map(([name, { prior }]) => [name, prior]));
  return {
    sources: {
      cell_means: {
        cells: new Set(means.map((i) => terms[i]!.observation)).size,
        numbers: means.length,
        log_standard_errors: errorsFrom(fit, means),
      },
      engine_steps: {
        cells: withSteps.length,
        seen: sum((each) => each.seen),
        usable: sum((each) => each.usable),
        held_up: sum((each) => each.held_up),
        ...firstUseOf(seen.flatMap(({ each: { first_use } }) => first_use ?? [])),
        numbers: steps.length,
        independent: sum(({ groups }) => groups.reduce((total, { independent }) => total + independent, 0)),
        lag_one_correlation: sum((each) => each.lag_one_correlation) / seen.length,
        scatter_by_kernel: { ...fit.noise.misfit },
        budgets: seen.map(({ target, each: { budget } }) => ({
          target,
          used: budget.tokens,
          read: budget.read,
          at_least: budget.at_least,
        })),
        log_standard_errors: errorsFrom(fit, steps),
      },
      check: checkOf(fit, means),
      information_shares: shares,
      open_questions: openQuestions({ fit, priorShares, card, observations, targets }),
    },
  };
}

function firstUseOf(each: readonly FirstUse[]): Pick<FitSources['engine_steps'], 'first_use'> {
  const steps = each.reduce((sum, one) => sum + one.steps, 0);
  if (steps === 0) return {};
  const slower_by = each.reduce((sum, one) => sum + one.steps * one.slower_by, 0) / steps;
  return { first_use: { steps, slower_by } };
}

/** Standard errors of the parameters from some terms and the priors. */
function errorsFrom({ names, solution }: RooflineFit, kept: readonly number[]): Record<string, number> {
  const { jacobian, problem } = solution;
  const left = new Set(kept);
  const some: Matrix = jacobian.clone();
  for (let row = 0; row < problem.terms.length; row += 1) if (!left.has(row)) some.mulRow(row, 0);
  const { standardErrors } = covarianceOf(some);
  return Object.fromEntries(names.map((name, j) => [name, standardErrors[j]!]));
}

/** What means, steps and priors each gave of what is known of the parameters. */
function sharesOf(
  { names, solution }: RooflineFit,
  means: readonly number[],
  steps: readonly number[],
): NonNullable<FitSources['information_shares']> {
  const { jacobian, problem } = solution;
  const priors = Array.from({ length: jacobian.rows }, (_, row) => row).slice(problem.terms.length);
  const [ofSteps, ofMeans, ofPriors] = informationShares(jacobian, [steps, means, priors]);
  return Object.fromEntries(
    names.map((name, j) => [
      name,
      { engine_steps: ofSteps![j]!, cell_means: ofMeans![j]!, prior: ofPriors![j]! },
    ]),
  );
}

/** Each cell's means predicted from everything but them. */
function checkOf(fit: RooflineFit, means: readonly number[]): FitSources['check'] {
  const { terms } = fit.solution.problem;
  const own = Map.groupBy(
    means.filter((i) => terms[i]!.observation.steps),
    (i) => terms[i]!.observation,
  );
  return [...own].flatMap(([one, places]) =>
    leaveOutTerms(fit, places).map(({ metric, residual, sd }) => ({
      target: one.target,
      input_tokens: one.input_tokens,
      output_tokens: one.output_tokens,
      concurrency: one.concurrency,
      metric: metric === 'ttft' ? ('ttft_ms' as const) : ('tpot_ms' as const),
      measured: one[metric]!.seconds * 1e3,
      error_percent: Math.expm1(residual) * 100,
      standard_deviations: residual / sd,
    })),
  );
}
