import { quantile } from 'simple-statistics';
import { blocksOf, refusal } from '../blocks.ts';
import { POWER_BASELINES } from './baselines.ts';
import { fitPower, type PowerFit, type PowerProblem } from './fit-power.ts';
import type { PoweredCell } from './from-observations.ts';
import type { PowerObservation } from './observation.ts';
import { predictPower } from './predict-power.ts';

export interface PowerErrors {
  readonly n: number;
  /** Percent. */
  readonly mape: number;
  readonly bias: number;
}

export interface PowerBlocks {
  readonly kind: 'shape' | 'tp' | 'load';
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  readonly errors: PowerErrors | null;
  readonly coverage_90: number | null;
  readonly baselines: readonly {
    readonly name: string;
    readonly errors: PowerErrors | null;
    readonly wins: boolean;
  }[];
}

export interface PowerValidation {
  readonly in_sample: PowerErrors;
  readonly blocked: readonly PowerBlocks[];
  /** Half-width of a 90 % interval in standard deviations, from the cells left out in blocks. */
  readonly interval_factor: number;
}

/** Of a normal: the least that is used where few cells were left out. */
const NORMAL_FACTOR = 1.645;
const FEWEST_FOR_FACTOR = 10;

interface LeftOutCell {
  readonly kind: PowerBlocks['kind'];
  readonly cell: PowerObservation;
  readonly predicted_w: number;
  readonly z: number;
  readonly baselines: readonly (number | null)[];
}

/**
 * How well the power model predicts cells that it did not see: shapes, tensor parallel sizes and the highest load left out in
 * turn, with simpler predictions beside it on the same cells. Step times are the whole fit's.
 */
export function validatePower(
  cells: readonly PoweredCell[],
  fit: PowerFit,
  problem: Omit<PowerProblem, 'observations'>,
): PowerValidation {
  const { limit_w } = problem;
  const left: LeftOutCell[] = [];
  const refused: { kind: PowerBlocks['kind']; name: string; reason: string }[] = [];
  for (const block of blocksOf(cells.map(({ cell }) => cell))) {
    const [testing, training] = [true, false].map((inside) =>
      cells.filter(({ cell }) => block.cells.has(cell) === inside),
    );
    const reason = refusal(
      training!.map(({ cell }) => cell),
      testing!.map(({ cell }) => cell),
    );
    if (reason !== null) refused.push({ kind: block.kind, name: block.name, reason });
    else left.push(...leaveOut(block.kind, training!, testing!, problem));
  }
  const interval_factor = factorOf(left);
  const kinds = [...new Set([...left, ...refused].map(({ kind }) => kind))];
  return {
    in_sample: errorsOf(
      cells.map(({ predicted }) => [
        predictPower(fit, predicted.traffic, limit_w).power_w,
        predicted.power_w,
      ]),
    )!,
    blocked: kinds.map((kind) =>
      blocksSummary(
        kind,
        left.filter((one) => one.kind === kind),
        refused.filter((one) => one.kind === kind),
        interval_factor,
      ),
    ),
    interval_factor,
  };
}

function leaveOut(
  kind: PowerBlocks['kind'],
  training: readonly PoweredCell[],
  testing: readonly PoweredCell[],
  problem: Omit<PowerProblem, 'observations'>,
): LeftOutCell[] {
  const { limit_w } = problem;
  const fit = fitPower({ ...problem, observations: training.map(({ measured }) => measured) });
  const baselines = POWER_BASELINES.map(({ train }) =>
    train(
      training.map(({ measured }) => measured),
      limit_w,
    ),
  );
  return testing.map(({ predicted }) => {
    const { power_w, log_sd } = predictPower(fit, predicted.traffic, limit_w);
    return {
      kind,
      cell: predicted,
      predicted_w: power_w,
      z: Math.abs(Math.log(power_w / predicted.power_w)) / Math.hypot(log_sd, predicted.relative_error),
      baselines: baselines.map((predict) => predict(predicted)),
    };
  });
}

/** Few cells left out tell no quantile: then every one of them lies inside. */
function factorOf(left: readonly LeftOutCell[]): number {
  const zs = left.map(({ z }) => z);
  return left.length < FEWEST_FOR_FACTOR ? Math.max(NORMAL_FACTOR, ...zs) : quantile(zs, 0.9);
}

function blocksSummary(
  kind: PowerBlocks['kind'],
  left: readonly LeftOutCell[],
  refused: readonly { readonly name: string; readonly reason: string }[],
  factor: number,
): PowerBlocks {
  const errors = errorsOf(left.map(({ predicted_w, cell }) => [predicted_w, cell.power_w]));
  return {
    kind,
    refused: refused.map(({ name, reason }) => ({ name, reason })),
    errors,
    coverage_90: left.length === 0 ? null : (100 * left.filter(({ z }) => z <= factor).length) / left.length,
    baselines: POWER_BASELINES.map(({ name }, index) => {
      const answered = left.filter(({ baselines }) => baselines[index] !== null);
      const own = errorsOf(answered.map(({ baselines, cell }) => [baselines[index]!, cell.power_w]));
      const fits = errorsOf(answered.map(({ predicted_w, cell }) => [predicted_w, cell.power_w]));
      return { name, errors: own, wins: own !== null && fits !== null && own.mape < fits.mape };
    }),
  };
}

function errorsOf(pairs: readonly (readonly [predicted: number, measured: number])[]): PowerErrors | null {
  if (pairs.length === 0) return null;
  const shares = pairs.map(([predicted, measured]) => 100 * (predicted / measured - 1));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, each) => sum + each, 0) / values.length;
  return { n: pairs.length, mape: mean(shares.map(Math.abs)), bias: mean(shares) };
}
