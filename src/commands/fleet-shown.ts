import type { CostBasis } from '../cost/basis.ts';
import { type SizedDraws, saving, savingInterval, sureDevices } from '../cost/fleet/draws.ts';
import { type FleetOutcome, type FleetQuestion, simulateFleet } from '../cost/fleet/fleet.ts';
import type { Choices, SizedFleet, System } from '../cost/fleet/sized-fleet.ts';
import { sizeAgain } from '../cost/fleet/sizing.ts';
import type { Workload } from '../cost/workload.ts';
import { drawnChoices, type PoolFits } from './fleet-services.ts';

/** What the shared pool saves against a fleet; negative where it takes more. */
export interface Saving {
  readonly devices: number;
  readonly usd_per_h: number;
  /** Share of the fleet's cost, or of its devices without a basis. */
  readonly share: number;
  /** Middle 90 % of the draws; null without draws. */
  readonly share_90: readonly [number, number] | null;
}

/** A sized fleet with its simulation. */
export interface ShownFleet extends SizedFleet {
  readonly outcome: FleetOutcome;
  /** Devices that suffice in 90 % of the draws; null where none do, or without draws. */
  readonly sure_devices: number | null;
  /** Null for the shared pool itself, or without one. */
  readonly shared_saves: Saving | null;
}

export interface ShownFleets {
  readonly question: FleetQuestion;
  /** Its requests on average, with what they share and what is proposed. */
  readonly workload: Workload;
  readonly fits: PoolFits;
  readonly basis: CostBasis | null;
  readonly fleets: readonly ShownFleet[];
  readonly draws: number;
}

export const NAMES: Readonly<Record<System, string>> = {
  two_pools: 'two pools',
  three_pools: 'three pools',
  splitwise: 'Splitwise pools',
  aggregated: 'aggregated',
  shared: 'shared pool',
};

/** What fleets were sized by. */
interface SizedBy {
  readonly fits: PoolFits;
  readonly choices: Choices;
  readonly workload: Workload;
  readonly draws: number;
}

/** Simulates fleets once more with their meters on, and sizes them anew in each draw of what the fits are unsure of. */
export function shownFleets(
  sized: readonly SizedFleet[],
  question: FleetQuestion,
  { fits, choices, workload, draws }: SizedBy,
): ShownFleet[] {
  const drawn = Array.from({ length: draws }, (_, draw) =>
    sizeAgain(sized, question, (fleet) => drawnChoices(fits, choices, fleet, { draw, workload })),
  );
  const shared = sized.findIndex(({ system }) => system === 'shared');
  return sized.map((fleet, index) => ({
    ...fleet,
    outcome: simulateFleet(question, fleet.services, fleet.workers, fleet.policy),
    sure_devices: sureDevices(drawn, index),
    shared_saves: shared < 0 || shared === index ? null : savingOf(sized, drawn, shared, index),
  }));
}

function savingOf(sized: readonly SizedFleet[], drawn: SizedDraws, shared: number, other: number): Saving {
  const [one, against] = [sized[shared]!, sized[other]!];
  return {
    devices: against.total_devices - one.total_devices,
    usd_per_h: against.usd_per_h - one.usd_per_h,
    share: saving(one, against),
    share_90: savingInterval(drawn, shared, other),
  };
}
