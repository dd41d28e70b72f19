import { Matrix, SVD } from 'ml-matrix';
import { robustSpread } from '../../stats/robust-spread.ts';
import { median } from '../../stats/sorted.ts';
import { pairsOf, tokensOf } from './step-kinds.ts';
import type { UsableStep } from './usable-steps.ts';

/** Residuals of alike steps, relative to their mean time, and which of them are no outliers. */
export interface StraightResiduals {
  readonly residuals: readonly number[];
  readonly kept: readonly boolean[];
  /** Too few steps for a line: the residuals are about their median and hold what they computed. */
  readonly curved: boolean;
}

/** A step this many (robust) standard deviations off was held up by something else. */
const OUTLIER_SD = 6;
/** Steps for each slope. */
const STEPS_PER_SLOPE = 3;

/** What is left of alike steps' times after a straight line in what they compute. */
export function straightResiduals(steps: readonly UsableStep[]): StraightResiduals {
  let kept = steps.map(() => true);
  let residuals: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    residuals = residualsBeside(steps, kept);
    const { middle, sd } = robustSpread(residuals.filter((_, i) => kept[i]))!;
    if (!(sd > 0) || steps.length < 2 * STEPS_PER_SLOPE) break;
    kept = residuals.map((value) => Math.abs(value - middle) <= OUTLIER_SD * sd);
  }
  return { residuals, kept, curved: kept.filter((each) => each).length < fewestFor(steps[0]!) };
}

const featuresOf = ({ load }: UsableStep): number[] =>
  load.prefills.length === 0
    ? [load.decodes, load.decodes * load.decodeContext]
    : [tokensOf(load), pairsOf(load), load.decodes * load.decodeContext];

/** Steps that a straight line needs. */
const fewestFor = (step: UsableStep): number => STEPS_PER_SLOPE * (featuresOf(step).length + 1);

function residualsBeside(steps: readonly UsableStep[], kept: readonly boolean[]): number[] {
  const used = steps.filter((_, i) => kept[i]);
  const mean = used.reduce((sum, { seconds }) => sum + seconds, 0) / used.length;
  const count = featuresOf(steps[0]!).length;
  if (used.length < fewestFor(steps[0]!)) {
    const middle = median(used.map(({ seconds }) => seconds))!;
    return steps.map(({ seconds }) => (seconds - middle) / mean);
  }
  const scales = Array.from(
    { length: count },
    (_, j) => Math.max(...used.map((step) => featuresOf(step)[j]!)) || 1,
  );
  const row = (step: UsableStep): number[] => [1, ...featuresOf(step).map((value, j) => value / scales[j]!)];
  const system = new Matrix(used.map(row));
  const slopes = new SVD(system, { autoTranspose: true }).solve(
    Matrix.columnVector(used.map(({ seconds }) => seconds)),
  );
  return steps.map(
    (step) => (step.seconds - row(step).reduce((sum, value, j) => sum + value * slopes.get(j, 0), 0)) / mean,
  );
}
