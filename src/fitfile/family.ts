import type { EngineChoice } from '../fit/dataset.ts';
import { type Member, memberOf, type Traits, traitsOf } from '../fit/family/member.ts';
import type { ParameterName } from '../roofline/parameters.ts';
import type { Prior } from '../roofline/priors.ts';
import { modelOf } from './apply.ts';
import type { Fit } from './schema.ts';

/** What a fit file says of its server beyond the prior that it was fitted with. */
export function memberOfFit(fit: Fit): Member {
  const names = Object.keys(fit.parameters) as ParameterName[];
  return memberOf({
    id: fit.id,
    accelerator: fit.accelerator,
    engine: fit.engine.name,
    model: modelOf(fit),
    priors: Object.fromEntries(names.map((name) => [name, fit.parameters[name]!.prior])) as Record<
      ParameterName,
      Prior
    >,
    at_bound: names.filter((name) => fit.parameters[name]!.at_bound),
  });
}

/**
 * Published fits that tell of a device and its kin: real servers, and by their own cells alone (one that started from a device file
 * would count the others twice). Batches that were handed to an engine at once show it without
 * its serving, so they count only for the device itself, and only where it has nothing else.
 */
export function familyFits(fits: readonly Fit[], device: string | null): Fit[] {
  const real = fits.filter(({ simulated, prior }) => !simulated && !prior);
  const served = real.filter((fit) => !isBatch(fit));
  const isServed = served.some(({ accelerator }) => accelerator.id === device);
  return isServed
    ? served
    : [...served, ...real.filter((fit) => isBatch(fit) && fit.accelerator.id === device)];
}

const isBatch = ({ targets }: Fit): boolean => targets.every(({ driving }) => driving.kind === 'batch');

export const traitsOfFit = ({ accelerator, engine, model_card }: Fit): Traits =>
  traitsOf(accelerator, engine.name, model_card);

/** Engine facts that a fit inferred; what its runs stated is not among them. */
export const inferredChoice = ({ inferred }: Fit): Partial<EngineChoice> =>
  Object.fromEntries(inferred.map(({ name, value }) => [name, value]));
