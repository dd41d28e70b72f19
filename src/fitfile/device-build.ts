import { COORDINATES } from '../fit/family/coordinates.ts';
import { expectedModel, usualErrors } from '../fit/family/expected-model.ts';
import { familyOf } from '../fit/family/family.ts';
import type { Traits } from '../fit/family/member.ts';
import { degreesOf } from '../fit/family/spread.ts';
import { modelOf } from './apply.ts';
import { ANY_DEVICE, DEVICE_SCHEMA_VERSION, type Device, type DeviceServer } from './device-schema.ts';
import { familyFits, memberOfFit, traitsOfFit } from './family.ts';
import { errorsOnRows, fittedRows } from './fitted-rows.ts';
import { fitDigest } from './parse.ts';
import type { Fit } from './schema.ts';

/** Nobody's: what is not among the fits. */
const UNSEEN = '';
const KINDS = ['dense', 'experts'] as const;

/**
 * What fits say of models that were never measured on a device; of devices that never were, for `any`.
 * @param fits all published ones: other devices tell how models and engines spread
 * @param options `leaveOut` false: without each fit predicted by the others, which takes most of the time
 */
export function buildDevice(
  fits: readonly Fit[],
  accelerator: string,
  { leaveOut = true }: { readonly leaveOut?: boolean } = {},
): Device {
  const own = familyFits(fits, accelerator === ANY_DEVICE ? null : accelerator);
  const members = own.map(memberOfFit);
  const family = familyOf(members);
  const device = accelerator === ANY_DEVICE ? UNSEEN : accelerator;
  const here = own.filter((fit) => accelerator === ANY_DEVICE || fit.accelerator.id === accelerator);
  const engines = [...new Set(here.map(({ engine }) => engine.name))].sort();
  const servers = [...engines, null].flatMap((engine) =>
    KINDS.map((kind): DeviceServer => {
      const traits: Traits = {
        device,
        engine: engine ?? UNSEEN,
        place: engine === null || device === UNSEEN ? UNSEEN : `${device} ${engine}`,
        kind,
        model: UNSEEN,
      };
      const { centre, covariance } = family.expect(traits);
      return {
        engine,
        kind,
        centre: [...centre],
        covariance: covariance.map((row) => [...row]),
        degrees: degreesOf(members, traits),
      };
    }),
  );
  const content: Omit<Device, 'digest'> = {
    schema_version: DEVICE_SCHEMA_VERSION,
    kind: 'ridgepoint_device',
    accelerator,
    coordinates: [...COORDINATES],
    servers,
    predictors: usualErrors(own.map(modelOf), MANY),
    spreads: Object.fromEntries(COORDINATES.map((name) => [name, { ...family.spreads[name] }])),
    fits: own.map(({ id, digest }) => ({ id, digest })),
    left_out: leaveOut ? leftOut(own, here, accelerator === ANY_DEVICE ? 'device' : 'model') : [],
  };
  return { ...content, digest: fitDigest(content) };
}

/** Normal intervals: the width for few degrees is a server's own matter. */
const MANY = 30;

/** Each fit predicted without those that share its device, or its model. */
function leftOut(fits: readonly Fit[], asked: readonly Fit[], trait: 'device' | 'model'): Device['left_out'] {
  const groups = Map.groupBy(asked, (fit) => traitsOfFit(fit)[trait]);
  return [...groups].flatMap(([value, group]) => {
    const others = fits.filter((fit) => traitsOfFit(fit)[trait] !== value);
    if (others.length === 0) return [];
    const members = others.map(memberOfFit);
    const family = familyOf(members);
    return group.map((fit) => {
      const traits = traitsOfFit(fit);
      const errors = usualErrors(others.map(modelOf), degreesOf(members, traits));
      const model = expectedModel(family.expect(traits), fit.accelerator, fit.model_card, errors);
      const rows = fittedRows(fit);
      return {
        fit: fit.id,
        numbers: rows.length,
        tpot_ms: errorsOnRows(model, rows, 'tpot_ms'),
        ttft_ms: errorsOnRows(model, rows, 'ttft_ms'),
      };
    });
  });
}
