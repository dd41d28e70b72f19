import { POOLS } from '../cost/fleet/fleet.ts';
import { trafficOf } from '../cost/fleet/traffic.ts';
import { fitNotes } from './fleet-notes.ts';
import type { ShownFleet, ShownFleets } from './fleet-shown.ts';

/** The JSON of sized fleets; milliseconds, watts, US dollars. */
export function fleetJson(shown: ShownFleets): string {
  const { question, workload, fits, basis, fleets, draws } = shown;
  const { cached_input, speculation, draft } = workload;
  const { requests, objectives, transfer } = question;
  return JSON.stringify(
    {
      requests: requests.count,
      trace_s: requests.at_s.at(-1),
      traffic: trafficOf(requests),
      workload: { cached_input, speculation, draft: draft?.id },
      objectives: Object.fromEntries(objectives.map(({ key, limit_s }) => [key, 1e3 * limit_s])),
      model: fits.shared.model_card.id,
      fits: Object.fromEntries(POOLS.map((pool) => [pool, fits[pool].digest])),
      simulated: Object.values(fits).some(({ simulated }) => simulated),
      basis: basis && { name: basis.name, date: basis.date, includes: basis.includes },
      transfer,
      draws,
      notes: fitNotes(shown),
      fleets: fleets.map((fleet) => oneFleet(fleet, shown)),
    },
    null,
    2,
  );
}

const oneFleet = (fleet: ShownFleet, { basis }: ShownFleets) => ({
  system: fleet.system,
  devices: fleet.total_devices,
  devices_in_90_percent_of_draws: fleet.sure_devices,
  usd_per_h: basis && fleet.usd_per_h,
  pools: POOLS.filter((pool) => fleet.workers[pool] > 0).map((pool) => ({
    pool,
    workers: fleet.workers[pool],
    tensor_parallel: fleet.services[pool].tp,
    devices: fleet.devices[pool],
    busy: fleet.outcome.busy[pool],
    power_w: fleet.outcome.watts[pool],
  })),
  policy: fleet.policy,
  reached_ms: Object.fromEntries(
    fleet.outcome.reached.map(({ objective, seconds }) => [objective.key, 1e3 * seconds]),
  ),
  tasks: fleet.outcome.usage.tasks,
  shared_saves: fleet.shared_saves && {
    ...fleet.shared_saves,
    usd_per_h: basis && fleet.shared_saves.usd_per_h,
  },
});
