import { inverse, Matrix } from 'ml-matrix';
import { PARAMETER_NAMES, type RooflineParameters } from '../../roofline/parameters.ts';
import { discrepancyOf, regimeOf, termSd } from '../noise.ts';
import { type Observation, shapeOf } from '../observations.ts';
import type { FittedModel } from '../predictive.ts';
import { EDGE_NAMES } from '../problem.ts';
import { sensitivities } from '../sensitivities.ts';

const ROUNDS = 6;
/** Longest step of a log parameter in a round: slopes hold near where they were taken. */
const LONGEST_STEP = 0.7;
const EDGE_LIMIT = 2;

/**
 * What is expected of a server, narrowed by the cells that were measured on it: the most likely parameters under the whole prior
 * covariance (Gauss-Newton), with the covariance that is left. One cell is enough; none changes nothing.
 */
export function narrowed(prior: FittedModel, cells: readonly Observation[]): FittedModel {
  if (cells.length === 0) return prior;
  const before = Matrix.checkMatrix(prior.covariance.map((row) => [...row]));
  const start = pointOf(prior);
  let model = prior;
  let left = before;
  for (let round = 0; round < ROUNDS; round += 1) {
    const point = pointOf(model);
    const rows = cells.flatMap((one) => rowsOf(model, one));
    const slopes = new Matrix(rows.map(({ slope }) => [...slope]));
    const moved = Matrix.columnVector(point.map((value, j) => value - start[j]!));
    const off = Matrix.columnVector(rows.map(({ off: each }) => each)).add(slopes.mmul(moved));
    const across = before.mmul(slopes.transpose());
    const spread = slopes.mmul(across);
    rows.forEach(({ sd }, i) => {
      spread.set(i, i, spread.get(i, i) + sd ** 2);
    });
    const gain = across.mmul(inverse(spread));
    const target = gain.mmul(off).getColumn(0);
    left = Matrix.sub(before, gain.mmul(across.transpose()));
    const steps = target.map((value, j) => value + start[j]! - point[j]!);
    const longest = Math.max(...steps.map(Math.abs));
    const share = longest > LONGEST_STEP ? LONGEST_STEP / longest : 1;
    model = at(
      prior,
      point.map((value, j) => value + share * steps[j]!),
    );
    if (longest < 1e-3) break;
  }
  const covariance = left.add(left.transpose()).mul(0.5).to2DArray();
  return { ...model, covariance };
}

const pointOf = ({ parameters, edges }: FittedModel): number[] => [
  ...PARAMETER_NAMES.map((name) => Math.log(parameters[name])),
  ...EDGE_NAMES.map((name) => edges[name]),
];

function at(model: FittedModel, point: readonly number[]): FittedModel {
  const edge = (index: number): number =>
    Math.min(EDGE_LIMIT, Math.max(-EDGE_LIMIT, point[PARAMETER_NAMES.length + index]!));
  return {
    ...model,
    parameters: Object.fromEntries(
      PARAMETER_NAMES.map((name, j) => [name, Math.exp(point[j]!)]),
    ) as unknown as RooflineParameters,
    edges: { ttft_wait_steps: edge(0), decode_wait_steps: edge(1) },
  };
}

interface Row {
  readonly slope: readonly number[];
  /** Log of measured over predicted. */
  readonly off: number;
  readonly sd: number;
}

function rowsOf(model: FittedModel, one: Observation): Row[] {
  const { means, slopes } = sensitivities(model, one.engine, shapeOf(one), 'scheduler');
  const row = (metric: 'ttft' | 'tpot', predicted: number | null, slope: readonly number[] | null): Row[] => {
    const measured = one[metric];
    if (measured === null || predicted === null || slope === null) return [];
    const { noise } = model.predictors.scheduler;
    const sd = termSd(
      {
        metric,
        regime: regimeOf('scheduler', one.concurrency),
        measured_error: measured.relative_error,
        discrepancy: discrepancyOf('scheduler', metric, one.concurrency, means),
      },
      noise,
    );
    return [{ slope, off: Math.log(measured.seconds / predicted), sd }];
  };
  return [...row('ttft', means.ttftSeconds, slopes.ttft), ...row('tpot', means.tpotSeconds, slopes.tpot)];
}
