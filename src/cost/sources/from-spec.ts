import type { Accelerator } from '../../accelerator/accelerator.ts';
import { bindCard } from '../../accelerator/peaks.ts';
import { RidgeError } from '../../errors.ts';
import type { ModelCard } from '../../model/card.ts';
import { kvCapacityTokens } from '../../model/quantities.ts';
import { PARAMETER_NAMES, type RooflineParameters } from '../../roofline/parameters.ts';
import { EFFICIENCY_NAMES, type Prior, parameterPriors, specPeak } from '../../roofline/priors.ts';
import type { UncertainSource } from '../phase-source.ts';
import { normals } from './normals.ts';
import { rooflineSource } from './roofline.ts';
import { DEFAULT_SEATS, DEFAULT_STEP_TOKENS, tpSizesOf } from './settings.ts';

/** What a spec sheet lacks for a comparison; empty where it is complete enough. */
export function missingFacts(accelerator: Accelerator, card: ModelCard): string[] {
  const peaks = EFFICIENCY_NAMES.filter((name) => specPeak(name, accelerator, card) === null);
  return [...peaks, ...(accelerator.memory_bytes === null ? ['memory_bytes'] : [])];
}

const within = ({ lower, upper }: Prior, value: number): number => Math.min(upper, Math.max(lower, value));

/**
 * A device of which nothing but a spec sheet is known: what devices usually reach of theirs, as uncertain as that is. Times of
 * host and engine are drawn alike for all such devices.
 * @throws RidgeError (exit 2) when the sheet lacks a fact that times depend on
 */
export function specSource(accelerator: Accelerator, model: ModelCard, label: string): UncertainSource {
  const missing = missingFacts(accelerator, model);
  if (missing.length > 0) {
    throw new RidgeError(`the spec sheet of '${accelerator.id}' lacks ${missing.join(', ')}`, {
      mend: 'Leave it out, or define the device with these facts.',
    });
  }
  const card = bindCard(model, accelerator);
  const priors = parameterPriors(accelerator, card);
  const device = {
    accelerator,
    card,
    origin: 'spec_sheet' as const,
    label,
    tp_sizes: tpSizesOf(accelerator, card),
    step_tokens: DEFAULT_STEP_TOKENS,
    seats: DEFAULT_SEATS,
    measured_batch: null,
    residual_table: null,
    kvCapacityTokens: (tp: number) => kvCapacityTokens(card, accelerator.memory_bytes!, tp),
  };
  const parametersOf = (z: (name: string, column: number) => number): RooflineParameters =>
    Object.fromEntries(
      PARAMETER_NAMES.map((name, column) => {
        const prior = priors[name];
        return [name, within(prior, prior.centre * Math.exp(prior.log_sd * z(name, column)))];
      }),
    ) as unknown as RooflineParameters;
  const efficiencies = new Set<string>(EFFICIENCY_NAMES);
  return {
    central: rooflineSource(
      device,
      parametersOf(() => 0),
    ),
    notes: [`${label}: known from its spec sheet alone; efficiencies are those that devices usually reach`],
    interval: true,
    draw: (index) => {
      const own = normals(`device ${accelerator.id}`, index, PARAMETER_NAMES.length);
      const shared = normals('host and engine', index, PARAMETER_NAMES.length);
      return rooflineSource(
        device,
        parametersOf((name, column) => (efficiencies.has(name) ? own : shared)[column]!),
      );
    },
  };
}
