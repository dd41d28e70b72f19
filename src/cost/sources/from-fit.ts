import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Accelerator } from '../../accelerator/accelerator.ts';
import { bindCard } from '../../accelerator/peaks.ts';
import { RidgeError } from '../../errors.ts';
import type { FittedModel } from '../../fit/predictive.ts';
import { transferModel } from '../../fit/transfer.ts';
import { modelOf, settingsFor } from '../../fitfile/apply.ts';
import type { Fit } from '../../fitfile/schema.ts';
import type { ModelCard } from '../../model/card.ts';
import { kvCapacityTokens } from '../../model/quantities.ts';
import { MOST_DOUBLINGS } from '../../predict/extrapolation.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../../roofline/parameters.ts';
import type { UncertainSource } from '../phase-source.ts';
import type { Workload } from '../workload.ts';
import { missingFacts } from './from-spec.ts';
import { normals } from './normals.ts';
import { type Misfit, type RooflineDevice, rooflineSource } from './roofline.ts';
import { DEFAULT_SEATS, tpSizesOf } from './settings.ts';

type Deviations = Readonly<Partial<Record<ParameterName, number>>>;

/** Draws of a fit's log parameters about their values; the same for every device that the fit is carried to. */
function drawerOf(model: FittedModel, key: string): (index: number) => Deviations {
  const size = model.covariance.length;
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(
    new Matrix(model.covariance.map((row) => [...row])),
    { assumeSymmetric: true },
  );
  const scales = realEigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
  return (index) => {
    const z = normals(key, index, size);
    return Object.fromEntries(
      model.names.map((name, row) => [
        name,
        scales.reduce((sum, scale, k) => sum + eigenvectorMatrix.get(row, k) * scale * z[k]!, 0),
      ]),
    );
  };
}

/** Parameters moved by their deviations, inside the fit's own physical bounds where it has them. */
const moved = (
  parameters: RooflineParameters,
  deviations: Deviations,
  bounds: (name: ParameterName) => readonly [number, number],
): RooflineParameters =>
  Object.fromEntries(
    PARAMETER_NAMES.map((name) => {
      const [low, high] = bounds(name);
      return [name, Math.min(high, Math.max(low, parameters[name] * Math.exp(deviations[name] ?? 0)))];
    }),
  ) as unknown as RooflineParameters;

const doublings = (value: number, [low, high]: readonly [number, number]): number =>
  value < low ? Math.log2(low / value) : value > high ? Math.log2(value / high) : 0;

/** How far a workload lies outside what a fit saw. */
function outside(fit: Fit, { input, output }: Workload, label: string): { notes: string[]; factors: number } {
  const axes = [
    ['input', input, fit.range.input_tokens],
    ['output', output, fit.range.output_tokens],
  ] as const;
  const left = axes.filter(([, value, range]) => doublings(value, range) > 0);
  return {
    notes: left.map(
      ([name, value, [low, high]]) => `${label}: ${name} ${value} is outside the measured ${low} to ${high}`,
    ),
    factors: left.reduce((sum, [, value, range]) => sum + doublings(value, range), 0),
  };
}

/** What the fit's model misses, drawn; wider by one width for each doubling outside what was measured. */
function misfitOf(fit: Fit, model: FittedModel, widths: number): (index: number) => Misfit {
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

/** Shares of the spec sheet that a fit found: ratios between devices rest on them. */
function reached({ parameters, engine }: Fit, label: string): string {
  const share = (name: ParameterName): string => {
    const efficiency = parameters[name]!.efficiency?.value;
    return efficiency === undefined ? 'an unknown share' : `${Math.round(100 * efficiency)} %`;
  };
  const version = engine.version ?? 'of unknown version';
  return `${label}: ${engine.name} ${version} reaches ${share('gemm_flop_per_s')} of dense compute, ${share('memory_bytes_per_s')} of bandwidth`;
}

/** The device that a fit is of, at the tensor parallel sizes that were measured. */
export function fitSource(fit: Fit, workload: Workload, label: string): UncertainSource {
  const model = modelOf(fit);
  const settings = settingsFor(fit, fit.range.tensor_parallel[0]!);
  const device: RooflineDevice = {
    accelerator: fit.accelerator,
    card: fit.model_card,
    origin: 'fit',
    label,
    tp_sizes: fit.range.tensor_parallel,
    step_tokens: settings.maxNumBatchedTokens,
    seats: DEFAULT_SEATS,
    measured_batch: fit.range.concurrency[1],
    residual_table: model.residual_table,
    kvCapacityTokens: (tp) => settingsFor(fit, tp).kvCapacityTokens,
  };
  const { notes, factors } = outside(fit, workload, label);
  const draw = drawerOf(model, fit.digest);
  const misfit = misfitOf(fit, model, 1 + factors);
  const bounds = (name: ParameterName): [number, number] => {
    const { lower, upper } = fit.parameters[name]!.prior;
    return [lower, upper];
  };
  return {
    central: rooflineSource(device, model.parameters),
    notes: [
      ...(fit.simulated ? [`${label}: SIMULATED, not a real device`] : []),
      reached(fit, label),
      ...notes,
    ],
    interval: factors <= MOST_DOUBLINGS,
    draw: (index) => rooflineSource(device, moved(model.parameters, draw(index), bounds), misfit(index)),
  };
}

/**
 * A device, or a model, on which nothing was measured, by a fit of another: efficiencies are kept, spec sheets scale, and the
 * uncertainty grows by what such moves have cost elsewhere. What the fit itself is unsure of is drawn as for the fit's own
 * device.
 * @throws RidgeError (exit 2) when the spec sheet lacks a fact that times depend on
 */
export function carriedSource(
  fit: Fit,
  to: { readonly accelerator: Accelerator; readonly model: ModelCard },
  workload: Workload,
  label: string,
): UncertainSource {
  const missing = missingFacts(to.accelerator, to.model);
  if (missing.length > 0) {
    throw new RidgeError(`the spec sheet of '${to.accelerator.id}' lacks ${missing.join(', ')}`, {
      mend: 'Leave it out, or define the device with these facts.',
    });
  }
  const base = modelOf(fit);
  const card = bindCard(to.model, to.accelerator);
  const from = { accelerator: fit.accelerator, card: fit.model_card };
  const model = transferModel(base, from, { accelerator: to.accelerator, card });
  const spreads = PARAMETER_NAMES.map((name, column) => {
    const row = base.names.indexOf(name);
    const own = row < 0 ? 0 : base.covariance[row]![row]!;
    return Math.sqrt(Math.max(0, model.covariance[column]![column]! - own));
  });
  const device: RooflineDevice = {
    accelerator: to.accelerator,
    card,
    origin: 'carried_fit',
    label,
    tp_sizes: tpSizesOf(to.accelerator, card),
    step_tokens: settingsFor(fit, fit.range.tensor_parallel[0]!).maxNumBatchedTokens,
    seats: DEFAULT_SEATS,
    measured_batch: fit.range.concurrency[1],
    residual_table: null,
    kvCapacityTokens: (tp) => kvCapacityTokens(card, to.accelerator.memory_bytes!, tp),
  };
  const { notes, factors } = outside(fit, workload, label);
  const drawBase = drawerOf(base, fit.digest);
  const misfit = misfitOf(fit, base, 1 + factors);
  return {
    central: rooflineSource(device, model.parameters),
    notes: [`${label}: not measured; the fit '${fit.id}' scaled by spec sheets`, ...notes],
    interval: factors <= MOST_DOUBLINGS,
    draw: (index) => {
      const shared = drawBase(index);
      const extra = normals(`device ${to.accelerator.id} ${card.id}`, index, PARAMETER_NAMES.length);
      const deviations = Object.fromEntries(
        PARAMETER_NAMES.map((name, column) => [
          name,
          (shared[name] ?? 0) + spreads[column]! * extra[column]!,
        ]),
      ) as Deviations;
      return rooflineSource(
        device,
        moved(model.parameters, deviations, () => [0, Number.POSITIVE_INFINITY]),
        misfit(index),
      );
    },
  };
}
