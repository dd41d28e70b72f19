import type { StepLoad } from '../../roofline/step-work.ts';
import { autocorrelations, independentSteps, type PlacedResidual } from './autocorrelation.ts';
import { alikeKey, type Kernel, kernelOf } from './step-kinds.ts';
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
const LEAST_ERROR = 0.001;

interface Members {
  readonly kernel: Kernel;
  readonly steps: readonly UsableStep[];
  readonly residuals: readonly number[];
}

/** Gathers alike steps; their scatter and its correlation from step to step are pooled over all groups of a kind. */
export function groupSteps(steps: readonly UsableStep[]): GroupedSteps {
  let held_up = 0;
  const groups = [...Map.groupBy(steps, ({ load }) => alikeKey(load)).values()].flatMap(
    (alike): Members[] => {
      const kernel = kernelOf(alike[0]!.load);
      if (alike.length < FEWEST[kernel.kind]) return [];
      const { residuals, kept } = straightResiduals(alike);
      held_up += kept.filter((each) => !each).length;
      return [
        { kernel, steps: alike.filter((_, i) => kept[i]), residuals: residuals.filter((_, i) => kept[i]) },
      ];
    },
  );
  const scatter = { decode: scatterOf(groups, 'decode'), prefill: scatterOf(groups, 'prefill') };
  const correlations = autocorrelations(groups.flatMap((group) => placed(group, scatter[group.kernel.kind])));
  return {
    groups: groups.map((group) => describe(group, scatter[group.kernel.kind], correlations)),
    held_up,
    lag_one_correlation: correlations[1]!,
  };
}

const placed = ({ steps, residuals }: Members, sd: number): PlacedResidual[] =>
  steps.map(({ index }, i) => ({ index, z: residuals[i]! / sd }));

/** Slopes that the residuals of a group have lost. */
const LOST = 4;
const UNKNOWN_SCATTER = 0.05;

/** Standard deviation of a step about what it computes, relative, pooled. */
function scatterOf(groups: readonly Members[], kind: Kernel['kind']): number {
  let [sum, freedom] = [0, 0];
  for (const { kernel, residuals } of groups) {
    if (kernel.kind !== kind || residuals.length <= 2 * LOST) continue;
    sum += residuals.reduce((total, value) => total + value ** 2, 0);
    freedom += residuals.length - LOST;
  }
  return freedom > 0 ? Math.max(1e-5, Math.sqrt(sum / freedom)) : UNKNOWN_SCATTER;
}

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
