import { type FleetOutcome, type FleetQuestion, POOLS, type PoolName } from '../cost/fleet/fleet.ts';
import { trafficOf } from '../cost/fleet/traffic.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
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
      ...(basis ? [right('cost', '$/h'), right('request', '$/1000')] : []),
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

const poolByPool = (outcome: FleetOutcome, of: 'busy' | 'watts', show: (value: number) => string): string =>
  POOLS.flatMap((pool) => {
    const value = outcome[of][pool];
    return value === null ? [] : [show(value)];
  }).join(', ') || '-';

/** What each fleet reaches, how busy it is, what it draws. */
export function loadTable({ fleets, question }: ShownFleets, style: Style): string {
  const powered = fleets.some(({ outcome }) => POOLS.some((pool) => outcome.watts[pool] !== null));
  return renderTable({
    style,
    columns: [
      { title: 'fleet' },
      ...question.objectives.map(({ key }) => right(titleOf(key), 'ms')),
      right('busy, pool by pool'),
      ...(powered ? [right('power', 'kW')] : []),
    ],
    rows: fleets.map(({ system, outcome }) => [
      NAMES[system],
      ...outcome.reached.map(({ seconds }) => 1e3 * seconds),
      poolByPool(outcome, 'busy', (share) => formatPercent(share)),
      ...(powered ? [poolByPool(outcome, 'watts', (watts) => formatNumber(watts / 1e3))] : []),
    ]),
  });
}

/** `TTFT p99` of `ttft_p99_ms`. */
function titleOf(key: string): string {
  const [metric, statistic] = key.split('_');
  return `${metric!.toUpperCase()} ${statistic}`;
}

/** What the shared pool's workers did while the mix changed; null without one. */
export function taskTable({ fleets, question }: ShownFleets, style: Style): string | null {
  const shared = fleets.find(({ system }) => system === 'shared');
  if (shared === undefined) return null;
  const tasks = shared.outcome.usage.tasks;
  const rows = trafficOf(question.requests).map((slice, index) => {
    const { prefill, decode, mixed } = tasks[index]!;
    const idle = Math.max(0, shared.workers.shared - prefill - decode - mixed);
    return [
      `${minutes(slice.start_s)} to ${minutes(slice.end_s)}`,
      slice.requests_per_s,
      slice.input_tokens === null ? null : `${Math.round(slice.input_tokens)}`,
      slice.output_tokens === null ? null : `${Math.round(slice.output_tokens)}`,
      ...[prefill, decode, mixed, idle].map((workers) => workers.toFixed(1)),
    ];
  });
  return renderTable({
    style,
    columns: [
      { title: 'shared pool', unit: 'min' },
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

const minutes = (seconds: number): string => (seconds / 60).toFixed(1);
