import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import type { Accelerator } from '../../accelerator/accelerator.ts';
import { bindCard } from '../../accelerator/peaks.ts';
import { RidgeError } from '../../errors.ts';
import type { FittedModel } from '../../fit/predictive.ts';
import type { ModelCard } from '../../model/card.ts';
import { kvCapacityTokens } from '../../model/quantities.ts';
import { withProposer } from '../../predict/prediction-shape.ts';
import { deviceServer, type UnmeasuredServer, unmeasuredModel } from '../../predict/unmeasured-server.ts';
import { PARAMETER_NAMES, type ParameterName } from '../../roofline/parameters.ts';
import { EFFICIENCY_NAMES, parameterPriors, specPeak } from '../../roofline/priors.ts';
import { inPieces } from '../../roofline/step-rules.ts';
import { studentTQuantile } from '../../stats/student-t.ts';
import type { UncertainSource } from '../phase-source.ts';
import type { Served } from '../workload.ts';
import { type Deviations, moved } from './fit-draws.ts';
import { normals } from './normals.ts';
import { type Misfit, rooflineSource } from './roofline.ts';
import { DEFAULT_SEATS, DEFAULT_STEP_TOKENS, tpSizesOf } from './settings.ts';

/** What a spec sheet lacks for a comparison; empty where it is complete enough. */
export function missingFacts(accelerator: Accelerator, card: ModelCard): string[] {
  const peaks = EFFICIENCY_NAMES.filter((name) => specPeak(name, accelerator, card) === null);
  return [...peaks, ...(accelerator.memory_bytes === null ? ['memory_bytes'] : [])];
}

/**
 * A device with no fit of the model: what a device file says of it, as `ridge predict --model` does (from fits of other models
 * there, or from its spec sheet and fits of other devices), as uncertain as that is. Times of host and engine are drawn alike
 * for all such devices.
 * @throws RidgeError (exit 2) when the sheet lacks a fact that times depend on
 */
export function specSource(
  server: Pick<UnmeasuredServer, 'device' | 'accelerator' | 'card' | 'engine'>,
  label: string,
  served: Served = {},
): UncertainSource {
  const { accelerator } = server;
  const missing = missingFacts(accelerator, server.card);
  if (missing.length > 0) {
    throw new RidgeError(`the spec sheet of '${accelerator.id}' lacks ${missing.join(', ')}`, {
      mend: 'Leave it out, or define the device with these facts.',
    });
  }
  const { speculation, cached_input } = served;
  const card = withProposer(bindCard(server.card, accelerator), accelerator, served);
  const model = unmeasuredModel(server);
  const priors = parameterPriors(accelerator, card);
  const device = {
    accelerator,
    card,
    origin: 'spec_sheet' as const,
    label,
    tp_sizes: tpSizesOf(accelerator, card),
    ...inPieces(DEFAULT_STEP_TOKENS),
    seats: DEFAULT_SEATS,
    measured_batch: null,
    residual_table: null,
    speculation,
    cached_input,
    kvCapacityTokens: (tp: number) => kvCapacityTokens(card, accelerator.memory_bytes!, tp),
  };
  const draw = drawer(model, accelerator.id, deviceServer(server).degrees);
  const bounds = (name: ParameterName): readonly [number, number] => [priors[name].lower, priors[name].upper];
  return {
    central: rooflineSource(device, model.parameters),
    notes: [`${label}: ${knowledge(server)}`],
    interval: true,
    draw: (index) =>
      rooflineSource(
        device,
        moved(model.parameters, draw(index), bounds),
        misfitAt(model, accelerator.id, index),
      ),
  };
}

const knowledge = ({ device, accelerator }: Pick<UnmeasuredServer, 'device' | 'accelerator'>): string =>
  device.accelerator === accelerator.id
    ? 'no fit of this model there; known from fits of other models there'
    : 'no fit of this device; known from its spec sheet and fits of other devices';

const isEfficiency = (name: ParameterName): boolean => (EFFICIENCY_NAMES as readonly string[]).includes(name);
/** 95 % point of a standard normal. */
const NORMAL_95 = 1.6449;

/**
 * Draws of the log parameters about what is expected, with their whole covariance: times first, from numbers that all such
 * devices share, then what the device makes of its sheet, given the times. As wide as Student's distribution at 90 %.
 */
function drawer(model: FittedModel, device: string, degrees: number): (index: number) => Deviations {
  const names = [
    ...PARAMETER_NAMES.filter((name) => !isEfficiency(name)),
    ...PARAMETER_NAMES.filter(isEfficiency),
  ];
  const places = names.map((name) => model.names.indexOf(name));
  const wide = studentTQuantile(0.95, degrees) / NORMAL_95;
  const { lowerTriangularMatrix: root } = new CholeskyDecomposition(
    new Matrix(
      places.map((a) => places.map((b) => (model.covariance[a]![b]! + model.covariance[b]![a]!) / 2)),
    ),
  );
  return (index) => {
    const shared = normals('host and engine', index, names.length);
    const own = normals(`device ${device}`, index, names.length);
    const z = names.map((name, k) => (isEfficiency(name) ? own : shared)[k]!);
    return Object.fromEntries(
      names.map((name, row) => [
        name,
        wide * z.reduce((sum, each, k) => sum + (k <= row ? root.get(row, k) * each : 0), 0),
      ]),
    );
  };
}

/** What models of such servers miss, drawn. */
function misfitAt({ predictors }: FittedModel, device: string, index: number): Misfit {
  const { ttft, tpot } = predictors.scheduler.noise.misfit;
  const [p, d] = normals(`device ${device} misfit`, index, 2);
  return { prefill: Math.exp(ttft * p!), decode: () => Math.exp(tpot * d!) };
}
