import { type Padding, sizesOf } from '../roofline/padding.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import type { Fit } from './schema.ts';

/**
 * What servers of a device pad their steps to: the sizes of all fits that know of any, `differs` where these do not agree (one that
 * was better without included), null where no fit pads.
 * @param engine null: of whichever engine
 */
export function devicePadding(
  fits: readonly Fit[],
  accelerator: string,
  engine: string | null,
): Padding | 'differs' | null {
  const own = fits.filter(
    (fit) => fit.accelerator.id === accelerator && (engine === null || fit.engine.name === engine),
  );
  const found = own.flatMap(({ padding }): (Padding | null)[] => {
    if (!padding) return [];
    if (!padding.used) return [null];
    return padding.targets.map(sizesOf);
  });
  const each = new Set(found.map((one) => canonicalJson(one)));
  if (each.size > 1) return 'differs';
  return found[0] ?? null;
}
