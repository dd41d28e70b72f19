import {
  type FleetOutcome,
  type FleetQuestion,
  POOLS,
  type PoolName,
  type Workers,
} from '../cost/fleet/fleet.ts';
import { trafficOf } from '../cost/fleet/traffic.ts';
import { formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { NAMES, type ShownFleet, type ShownFleets } from './fleet-shown.ts';

const right = (title: string, unit?: string) => ({ title, ...(unit && { unit }), align: 'right' }) as const;

const poolText = ({ workers, services }: ShownFleet, pool: PoolName): string | null =>
  workers[pool] === 0 ? null : `${workers[pool]}xTP${services[pool].tp}`;

const usdPerThousand = ({ usd_per_h }: ShownFleet, { requests }: FleetQuestion): number =>
  (1000 * (usd_per_h * requests.at_s.at(-1)!)) / 3600 / requests.count;

/** Workers and devices of each fleet, and what they cost. */
export function sizeTable({ fleets, basis, question, draws }: ShownFleets, style: Style): string {
  return renderTable({
    style,
    columns: [
      { title: 'fleet' },
      right('prefill'),
      right('decode'),
      right('mixed'),
      right('shared'),
      right('devices'),
      ...(draws > 0 ? [right('90 %')] : []),
      ...(basis ? [right('cost', '$/h'), right('per 1k', '$')] : []),
    ],
    rows: fleets.map((fleet) => [
      NAMES[fleet.system],
      ...POOLS.map((pool) => poolText(fleet, pool)),
      `${fleet.total_devices}`,
      ...(draws > 0 ? [fleet.sure_devices === null ? null : `${fleet.sure_devices}`] : []),
      ...(basis ? [fleet.usd_per_h, usdPerThousand(fleet, question)] : []),
    ]),
  });
}

/** Objectives that stand side by side in 80 columns. */
const COLUMNS_A_TABLE = 5;

/** What each fleet reaches of the objectives; a table for every five of them. */
export function reachedTables({ fleets, question }: ShownFleets, style: Style): string[] {
  const starts = question.objectives
    .map((_, index) => index)
    .filter((index) => index % COLUMNS_A_TABLE === 0);
  return starts.map((start) => {
    const columns = question.objectives.slice(start, start + COLUMNS_A_TABLE);
    return renderTable({
      style,
      columns: [{ title: 'fleet' }, ...columns.map(({ key }) => right(titleOf(key), 'ms'))],
      rows: fleets.map(({ system, outcome }) => [
        NAMES[system],
        ...outcome.reached.slice(start, start + COLUMNS_A_TABLE).map(({ seconds }) => 1e3 * seconds),
      ]),
    });
  });
}

/** How busy the workers of each pool are, and what all draw; watts only by fits that know them. */
export function loadTable({ fleets }: ShownFleets, style: Style): string {
  const powered = fleets.some(({ outcome }) => POOLS.some((pool) => outcome.watts[pool] !== null));
  return renderTable({
    style,
    columns: [
      { title: 'busy' },
      ...POOLS.map((pool) => right(pool)),
      ...(powered ? [right('power', 'kW')] : []),
    ],
    rows: fleets.map(({ system, outcome, workers }) => [
      NAMES[system],
      ...POOLS.map((pool) => outcome.busy[pool] && formatPercent(outcome.busy[pool])),
      ...(powered ? [totalKilowatts(outcome, workers)] : []),
    ]),
  });
}

/** Null where the fit of a pool knows no power. */
function totalKilowatts({ watts }: FleetOutcome, workers: Workers): number | null {
  const used = POOLS.filter((pool) => workers[pool] > 0).map((pool) => watts[pool]);
  return used.some((one) => one === null) ? null : used.reduce<number>((sum, one) => sum + one! / 1e3, 0);
}

/** `TTFT p99` of `ttft_p99_ms`. */
function titleOf(key: string): string {
  const [metric, statistic] = key.split('_');
  return `${metric!.toUpperCase()} ${statistic}`;
}

/** Traces below are told in seconds. */
const SHORT_S = 120;
const SECONDS = { name: 's', seconds: 1 };
const MINUTES = { name: 'min', seconds: 60 };

/** What the shared pool's workers did while the mix changed; null without one. */
export function taskTable({ fleets, question }: ShownFleets, style: Style): string | null {
  const shared = fleets.find(({ system }) => system === 'shared');
  if (shared === undefined) return null;
  const tasks = shared.outcome.usage.tasks;
  const unit = question.requests.at_s.at(-1)! < SHORT_S ? SECONDS : MINUTES;
  const rows = trafficOf(question.requests).map((slice, index) => {
    const { prefill, decode, mixed } = tasks[index]!;
    const idle = Math.max(0, shared.workers.shared - prefill - decode - mixed);
    return [
      `${(slice.start_s / unit.seconds).toFixed(1)} to ${(slice.end_s / unit.seconds).toFixed(1)}`,
      slice.requests_per_s,
      slice.input_tokens === null ? null : `${Math.round(slice.input_tokens)}`,
      slice.output_tokens === null ? null : `${Math.round(slice.output_tokens)}`,
      ...[prefill, decode, mixed, idle].map((workers) => workers.toFixed(1)),
    ];
  });
  return renderTable({
    style,
    columns: [
      { title: 'shared pool', unit: unit.name },
      right('requests', '/s'),
      right('input', 'tokens'),
      right('output', 'tokens'),
      right('prefill', 'workers'),
      right('decode', 'workers'),
      right('both', 'workers'),
      right('idle', 'workers'),
    ],
    rows,
  });
}
