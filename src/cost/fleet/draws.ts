import { quantile, sortSample } from '../../stats/sorted.ts';
import type { SizedFleet } from './sized-fleet.ts';

/** Fleets sized anew in each draw of what the fits are unsure of; null where none held the objectives. */
export type SizedDraws = readonly (readonly (SizedFleet | null)[])[];

/** Share of the draws that a fleet is to hold in. */
export const SURE = 0.9;

/**
 * Devices that suffice in 90 % of the draws.
 * @param fleet its place in each draw
 * @returns null where no count does, or without draws
 */
export function sureDevices(draws: SizedDraws, fleet: number): number | null {
  const sizes = draws
    .map((draw) => draw[fleet]?.total_devices ?? Number.POSITIVE_INFINITY)
    .sort((one, other) => one - other);
  const sure = sizes[Math.ceil(SURE * sizes.length) - 1];
  return sure === undefined || sure === Number.POSITIVE_INFINITY ? null : sure;
}

/** What one fleet costs less than another, as a share of the other's cost; negative where it costs more. */
export const saving = (one: Pick<SizedFleet, 'usd_per_h'>, other: Pick<SizedFleet, 'usd_per_h'>): number =>
  1 - one.usd_per_h / other.usd_per_h;

/** The share in the middle 90 % of the draws; null without draws in which both hold. */
export function savingInterval(
  draws: SizedDraws,
  one: number,
  other: number,
): readonly [number, number] | null {
  const shares = draws.flatMap((draw) => {
    const [own, others] = [draw[one], draw[other]];
    return own && others ? [saving(own, others)] : [];
  });
  const sample = sortSample(shares);
  return sample === null ? null : [quantile(sample, 0.05), quantile(sample, 0.95)];
}
