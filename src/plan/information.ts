import { Matrix, pseudoInverse } from 'ml-matrix';
import { type ClosedLoopShape, closedLoopMeans } from '../roofline/closed-form.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import type { CellKind } from '../suite/schema.ts';
import { parametersFrom, type TargetModel } from './facts.ts';

/** How far a measured mean may lie off the model, as a share: noise and what the model leaves out. TTFT weighs half. */
const TPOT_SD = 0.02;
const TTFT_SD = 0.04;
const LOG_STEP = 1e-3;

/** A cell as the closed form sees it. */
export interface InformativeCell {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly concurrency: number;
  /** Absent: `load`. */
  readonly kind?: CellKind;
}

type Row = readonly number[];

/** Log TTFT and log TPOT in units of their standard deviation; no TPOT with a single output token, no TTFT of a batch. */
function standardised(model: TargetModel, p: RooflineParameters, cell: InformativeCell): number[] {
  const shape: ClosedLoopShape = {
    inputTokens: cell.input_tokens,
    outputTokens: cell.output_tokens,
    concurrency: cell.concurrency,
    turnAroundSeconds: null,
    ...(cell.kind === 'decode' && { driving: { kind: 'batch' } }),
  };
  const { ttftSeconds, tpotSeconds } = closedLoopMeans(model.card, p, model.engine, shape);
  const ttft = cell.kind === 'decode' ? [] : [Math.log(ttftSeconds) / TTFT_SD];
  return tpotSeconds === null ? ttft : [...ttft, Math.log(tpotSeconds) / TPOT_SD];
}

/** Derivatives of a cell's observations by the log parameters, central differences at the prior centre. */
export function jacobianRows(model: TargetModel, cell: InformativeCell): Row[] {
  const columns = PARAMETER_NAMES.map((name) => {
    const moved = (sign: number): number[] =>
      standardised(
        model,
        parametersFrom((other) =>
          other === name ? model.centre[other] * Math.exp(sign * LOG_STEP) : model.centre[other],
        ),
        cell,
      );
    const [up, down] = [moved(1), moved(-1)];
    return up.map((value, index) => (value - down[index]!) / (2 * LOG_STEP));
  });
  return columns[0]!.map((_, row) => columns.map((column) => column[row]!));
}

/** Information about the log parameters: JᵀJ of the cells plus the priors' precision. */
export function informationMatrix(
  priorLogSd: Readonly<Record<ParameterName, number>>,
  rows: readonly Row[],
): Matrix {
  const information = Matrix.diag(PARAMETER_NAMES.map((name) => 1 / priorLogSd[name] ** 2));
  return rows.length === 0 ? information : add(information, rows);
}

/** The information with more cells. */
export function add(information: Matrix, rows: readonly Row[]): Matrix {
  const jacobian = new Matrix(rows.map((row) => [...row]));
  return Matrix.add(information, jacobian.transpose().mmul(jacobian));
}

/** Standard deviation of each log parameter that this information leaves. */
export function posteriorLogSd(information: Matrix): Record<ParameterName, number> {
  const covariance = pseudoInverse(information);
  return Object.fromEntries(
    PARAMETER_NAMES.map((name, index) => [name, Math.sqrt(Math.max(0, covariance.get(index, index)))]),
  ) as Record<ParameterName, number>;
}
