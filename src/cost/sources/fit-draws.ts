import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { DRAFT_PRIORS, fittedDraft } from '../../fit/draft-columns.ts';
import type { FittedModel } from '../../fit/predictive.ts';
import { EDGE_NAMES } from '../../fit/problem.ts';
import type { Fit } from '../../fitfile/schema.ts';
import {
  type DraftName,
  PARAMETER_NAMES,
  type ParameterName,
  type RooflineParameters,
} from '../../roofline/parameters.ts';
import { normals } from './normals.ts';
import type { Misfit } from './roofline.ts';

export type Deviations = Readonly<Partial<Record<ParameterName | DraftName, number>>>;

/** Draws of a fit's log parameters about their values; the same for every device that the fit is carried to. */
export function drawerOf(model: FittedModel, key: string): (index: number) => Deviations {
  const size = model.covariance.length;
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(
    new Matrix(model.covariance.map((row) => [...row])),
    { assumeSymmetric: true },
  );
  const scales = realEigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
  // Costs of a draft stand behind the edges.
  const rows = [
    ...model.names.map((name, row) => [name, row] as const),
    ...fittedDraft(model.parameters).map(
      (name, j) => [name, model.names.length + EDGE_NAMES.length + j] as const,
    ),
  ].filter(([, row]) => row < size);
  return (index) => {
    const z = normals(key, index, size);
    return Object.fromEntries(
      rows.map(([name, row]) => [
        name,
        scales.reduce((sum, scale, k) => sum + eigenvectorMatrix.get(row, k) * scale * z[k]!, 0),
      ]),
    );
  };
}

/** Parameters moved by their deviations, inside the fit's own physical bounds where it has them. */
export const moved = (
  parameters: RooflineParameters,
  deviations: Deviations,
  bounds: (name: ParameterName) => readonly [number, number],
): RooflineParameters => {
  const within = (name: ParameterName | DraftName, low: number, high: number): [string, number] => [
    name,
    Math.min(high, Math.max(low, parameters[name]! * Math.exp(deviations[name] ?? 0))),
  ];
  return Object.fromEntries([
    ...PARAMETER_NAMES.map((name) => within(name, ...bounds(name))),
    ...fittedDraft(parameters).map((name) =>
      within(name, DRAFT_PRIORS[name].lower, DRAFT_PRIORS[name].upper),
    ),
  ]) as unknown as RooflineParameters;
};

/** What the fit's model misses, drawn; wider by one width for each doubling outside what was measured. */
export function misfitOf(fit: Fit, model: FittedModel, widths: number): (index: number) => Misfit {
  const { ttft, tpot } = model.predictors.scheduler.noise.misfit;
  const [, most] = fit.range.concurrency;
  return (index) => {
    const [p, d] = normals(`${fit.digest} misfit`, index, 2);
    return {
      prefill: Math.exp(ttft * widths * p!),
      decode: (batch) => Math.exp(tpot * (widths + Math.max(0, Math.log2(batch / most))) * d!),
    };
  };
}
