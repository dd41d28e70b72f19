import type { StepLoad } from '../../roofline/step-work.ts';
import { autocorrelations, independentSteps, type PlacedResidual } from './autocorrelation.ts';
import { alikeKey, type Kernel, kernelOf } from './step-kinds.ts';
import { type Members, scatters } from './step-scatter.ts';
import { straightResiduals } from './straight-residuals.ts';
import type { UsableStep } from './usable-steps.ts';

/** Steps that compute nearly the same, as one number of a fit. */
export interface StepGroup {
  readonly kernel: Kernel;
  readonly loads: readonly StepLoad[];
  /** Mean time of a step, s. */
  readonly seconds: number;
  /** Standard error of the mean, relative, with the correlation between successive steps. */
  readonly relative_error: number;
  /** How many independent steps the mean is worth. */
  readonly independent: number;
}

export interface GroupedSteps {
  readonly groups: readonly StepGroup[];
  /** Steps that something else held up. */
  readonly held_up: number;
  readonly lag_one_correlation: number;
}

const FEWEST = { decode: 3, prefill: 1 };
/** Alike steps differ a little, and time is not quite straight in what they compute. */
const LEAST_ERROR = 0.0003;

/** Gathers alike steps; their scatter and its correlation from step to step are pooled over all groups of a kind. */
export function groupSteps(steps: readonly UsableStep[]): GroupedSteps {
  let held_up = 0;
  const groups = [...Map.groupBy(steps, ({ load }) => alikeKey(load)).values()].flatMap(
    (alike): Members[] => {
      const kernel = kernelOf(alike[0]!.load);
      if (alike.length < FEWEST[kernel.kind]) return [];
      const { residuals, kept, curved } = straightResiduals(alike);
      held_up += kept.filter((each) => !each).length;
      return [
        {
          kernel,
          steps: alike.filter((_, i) => kept[i]),
          residuals: residuals.filter((_, i) => kept[i]),
          curved,
        },
      ];
    },
  );
  const scatter = scatters(groups);
  const correlations = autocorrelations(
    groups.flatMap((group) => (group.curved ? [] : placed(group, scatter.get(group)!))),
  );
  return {
    groups: groups.map((group) => describe(group, scatter.get(group)!, correlations)),
    held_up,
    lag_one_correlation: correlations[1]!,
  };
}

const placed = ({ steps, residuals }: Members, sd: number): PlacedResidual[] =>
  steps.map(({ index }, i) => ({ index, z: residuals[i]! / sd }));

function describe({ kernel, steps }: Members, sd: number, correlations: readonly number[]): StepGroup {
  const independent = independentSteps(
    steps.map(({ index }) => index),
    correlations,
  );
  return {
    kernel,
    loads: steps.map(({ load }) => load),
    seconds: steps.reduce((sum, { seconds }) => sum + seconds, 0) / steps.length,
    relative_error: Math.hypot(LEAST_ERROR, sd / Math.sqrt(independent)),
    independent,
  };
}
