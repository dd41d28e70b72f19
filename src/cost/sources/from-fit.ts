import type { Accelerator } from '../../accelerator/accelerator.ts';
import { bindCard } from '../../accelerator/peaks.ts';
import { RidgeError } from '../../errors.ts';
import { transferModel } from '../../fit/transfer.ts';
import { modelOf, settingsFor } from '../../fitfile/apply.ts';
import type { Fit } from '../../fitfile/schema.ts';
import type { ModelCard } from '../../model/card.ts';
import { withDraft } from '../../model/draft.ts';
import { kvCapacityTokens } from '../../model/quantities.ts';
import { MOST_DOUBLINGS } from '../../predict/extrapolation.ts';
import { capacityOf, speculating } from '../../predict/proposer.ts';
import { PARAMETER_NAMES, type ParameterName } from '../../roofline/parameters.ts';
import { type EngineSettings, servedWith } from '../../roofline/serving.ts';
import { stepRulesOf } from '../../roofline/step-rules.ts';
import type { UncertainSource } from '../phase-source.ts';
import type { Workload } from '../workload.ts';
import { type Deviations, drawerOf, misfitOf, moved } from './fit-draws.ts';
import { outside, reached } from './fit-notes.ts';
import { percentilesOf, slowStepsOf } from './fit-percentiles.ts';
import { fittedPower } from './fit-power.ts';
import { missingFacts } from './from-spec.ts';
import { normals } from './normals.ts';
import { type RooflineDevice, rooflineSource } from './roofline.ts';
import { DEFAULT_SEATS, tpSizesOf } from './settings.ts';

/** Physical bounds that a parameter was fitted within. */
const boundsOf =
  (fit: Fit) =>
  (name: ParameterName): readonly [number, number] => {
    const { lower, upper } = fit.parameters[name]!.prior;
    return [lower, upper];
  };

/** A server that was set up for each shape is so for the workload's mean prompt, at the highest load that was measured. */
export const settingsOf = (
  fit: Fit,
  { input }: Pick<Workload, 'input'>,
  tensorParallel = fit.range.tensor_parallel[0]!,
): EngineSettings =>
  servedWith(settingsFor(fit, tensorParallel), {
    inputTokens: Math.ceil(input),
    concurrency: fit.range.concurrency[1],
  });

/** The device that a fit is of, at the tensor parallel sizes that were measured. */
export function fitSource(fit: Fit, workload: Workload, label: string): UncertainSource {
  const { fit: served, sentences } = speculating(fit, workload);
  const model = modelOf(served);
  const settings = settingsOf(fit, workload);
  const device: RooflineDevice = {
    accelerator: fit.accelerator,
    card: served.model_card,
    origin: 'fit',
    label,
    tp_sizes: fit.range.tensor_parallel,
    ...stepRulesOf(settings),
    seats: DEFAULT_SEATS,
    measured_batch: fit.range.concurrency[1],
    residual_table: model.residual_table,
    padding: settings.padding,
    speculation: workload.speculation,
    cached_input: workload.cached_input,
    slow: slowStepsOf(model.tails, settings),
    kvCapacityTokens: (tp) => capacityOf(fit, served, settingsFor(fit, tp).kvCapacityTokens, tp),
  };
  const { notes, factors } = outside(fit, workload, label);
  const draw = drawerOf(model, fit.digest);
  const misfit = misfitOf(fit, model, 1 + factors);
  const central = rooflineSource(device, model.parameters);
  const drawn = (index: number) => moved(model.parameters, draw(index), boundsOf(fit));
  return {
    central: { ...central, power: fittedPower(served, central, workload) },
    notes: [
      ...(fit.simulated ? [`${label}: SIMULATED, not a real device`] : []),
      reached(fit, label),
      ...notes,
      ...sentences.map((sentence) => `${label}: ${sentence}`),
    ],
    interval: factors <= MOST_DOUBLINGS,
    percentiles: percentilesOf(fit, model.tails, factors, (index) => rooflineSource(device, drawn(index))),
    draw: (index) => rooflineSource(device, drawn(index), misfit(index)),
  };
}

/**
 * A device, or a model, on which nothing was measured, by a fit of another: efficiencies and what percentiles showed of its
 * steps are kept, spec sheets scale, and the uncertainty grows by what such moves have cost elsewhere. What the fit itself is
 * unsure of is drawn as for the fit's own device. No interval of a percentile: none was measured there.
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
  const { fit: served } = speculating(fit, workload);
  const base = modelOf(served);
  const { draft, speculation, cached_input } = workload;
  const card = bindCard(draft ? withDraft(to.model, draft) : to.model, to.accelerator);
  const from = { accelerator: fit.accelerator, card: fit.model_card };
  const carried = transferModel(base, from, { accelerator: to.accelerator, card });
  // What proposing tokens costs beside a draft's weights is the host's.
  const model = { ...carried, parameters: { ...base.parameters, ...carried.parameters } };
  const spreads = PARAMETER_NAMES.map((name, column) => {
    const row = base.names.indexOf(name);
    const own = row < 0 ? 0 : base.covariance[row]![row]!;
    return Math.sqrt(Math.max(0, model.covariance[column]![column]! - own));
  });
  const settings = settingsOf(fit, workload);
  const device: RooflineDevice = {
    accelerator: to.accelerator,
    card,
    origin: 'carried_fit',
    label,
    tp_sizes: tpSizesOf(to.accelerator, card),
    ...stepRulesOf(settings),
    slow: slowStepsOf(base.tails, settings),
    seats: DEFAULT_SEATS,
    measured_batch: fit.range.concurrency[1],
    residual_table: null,
    speculation,
    cached_input,
    kvCapacityTokens: (tp) => kvCapacityTokens(card, to.accelerator.memory_bytes!, tp),
  };
  const { notes, factors } = outside(fit, workload, label);
  // What bounded the fit bounds its device as well, scaled as the parameter was.
  const bounds = (name: ParameterName): readonly [number, number] => {
    const scale = model.parameters[name] / base.parameters[name];
    const [lower, upper] = boundsOf(fit)(name);
    return Number.isFinite(scale) ? [scale * lower, scale * upper] : [0, Number.POSITIVE_INFINITY];
  };
  const drawBase = drawerOf(base, fit.digest);
  const misfit = misfitOf(fit, base, 1 + factors);
  return {
    central: rooflineSource(device, model.parameters),
    notes: [`${label}: not measured; the fit '${fit.id}' scaled by spec sheets`, ...notes],
    interval: factors <= MOST_DOUBLINGS,
    draw: (index) => {
      const shared = drawBase(index);
      const extra = normals(`device ${to.accelerator.id} ${card.id}`, index, PARAMETER_NAMES.length);
      const moves = PARAMETER_NAMES.map((name, column) => [
        name,
        (shared[name] ?? 0) + spreads[column]! * extra[column]!,
      ]);
      const deviations: Deviations = { ...shared, ...Object.fromEntries(moves) };
      return rooflineSource(device, moved(model.parameters, deviations, bounds), misfit(index));
    },
  };
}
