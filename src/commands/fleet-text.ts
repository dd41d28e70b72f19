import { SYSTEMS, type System } from '../cost/fleet/sized-fleet.ts';
import { counted } from '../plural.ts';
import { formatDuration, formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { aboveFloor } from '../stats/sample-floor.ts';
import { servedTexts } from './compare-head.ts';
import { fitNotes } from './fleet-notes.ts';
import { poolLabel, tooFar } from './fleet-services.ts';
import { NAMES, type Saving, type ShownFleet, type ShownFleets } from './fleet-shown.ts';
import { loadTable, reachedTables, sizeTable, taskTable } from './fleet-tables.ts';

/** Sized fleets for the terminal: what was asked, sizes and costs, load, what the shared pool saves and does. */
export function fleetText(shown: ShownFleets, style: Style): string {
  const tasks = taskTable(shown, style);
  return [
    ...headLines(shown).map((line) => wrapLines(line, REPORT_COLUMNS)),
    '',
    sizeTable(shown, style),
    '',
    ...reachedTables(shown, style).flatMap((table) => [table, '']),
    loadTable(shown, style),
    '',
    ...footLines(shown).map((line) => wrapLines(line, REPORT_COLUMNS)),
    ...(tasks === null ? [] : ['', tasks]),
  ].join('\n');
}

function headLines({ question, workload, fits, basis }: ShownFleets): string[] {
  const { requests, objectives, transfer } = question;
  const seconds = requests.at_s.at(-1)!;
  const rate = formatNumber(requests.count / seconds);
  const asked = objectives.map(({ key, limit_s }) => `${key}=${formatNumber(1e3 * limit_s)}`).join(', ');
  const { model_card } = fits.shared;
  const own = (['prefill', 'decode'] as const)
    .filter((pool) => fits[pool] !== fits.shared)
    .map((pool) => `, static ${pool} on ${poolLabel(fits[pool])}`);
  return [
    `${[`${requests.count} requests in ${formatDuration(seconds)}`, `${rate}/s`, ...servedTexts(workload)].join(', ')}; ${asked}`,
    `${model_card.id} ${model_card.precision} on ${poolLabel(fits.shared)}${own.join('')}`,
    `KV transfer ${transfer.mode === 'layer_wise' ? 'layer-wise' : transfer.mode}, computed, not measured`,
    ...(basis ? [`cost basis ${basis.name} (${basis.date}): ${basis.includes}`] : []),
    ...(Object.values(fits).some(({ simulated }) => simulated) ? ['SIMULATED: a fit of no real device'] : []),
  ];
}

function footLines(shown: ShownFleets): string[] {
  const { fleets, fits, basis, question, workload, draws } = shown;
  const { requests, objectives } = question;
  const missing = SYSTEMS.filter((one) => fleets.every(({ system }) => system !== one));
  const low = objectives.filter(
    ({ statistic }) => statistic !== 'mean' && !aboveFloor(statistic, requests.count),
  );
  return [
    ...fleets.flatMap((fleet) => savingLine(fleet, basis !== null)),
    ...missing.map((system: System) => `no fleet of this kind holds the objectives: ${NAMES[system]}`),
    ...(draws > 0
      ? [`90 %: devices that suffice in 90 % of ${draws} draws of what the fits are unsure of`]
      : []),
    ...(tooFar(fits, workload)
      ? ['no intervals: a fit is used too far outside what it was measured at']
      : []),
    ...fitNotes(shown).map((note) => `note: ${note}`),
    ...low.map(({ key }) => `note: ${requests.count} requests are few for ${key}`),
  ];
}

/** `4 devices fewer`, `1 device more`, `as many devices`. */
function fewer(count: number): string {
  if (count === 0) return 'as many devices';
  return `${counted(Math.abs(count), 'device')} ${count > 0 ? 'fewer' : 'more'}`;
}

/** `shared pool against two pools: 4 devices fewer, $4.46/h or 14 % less (saves 8 to 20 % in 90 % of the draws)`. */
function savingLine({ system, shared_saves }: ShownFleet, dollars: boolean): string[] {
  if (shared_saves === null) return [];
  const { devices, usd_per_h, share } = shared_saves;
  const percent = `${formatPercent(Math.abs(share))} ${share > 0 ? 'less' : 'more'}`;
  const cost = dollars ? `$${formatNumber(Math.abs(usd_per_h))}/h or ${percent}` : percent;
  return [
    `shared pool against ${NAMES[system]}: ${fewer(devices)}${share === 0 ? '' : `, ${cost}`}${intervalText(shared_saves)}`,
  ];
}

function intervalText({ share_90 }: Saving): string {
  if (share_90 === null) return '';
  const [low, high] = share_90.map((share) => Math.round(100 * share));
  return ` (saves ${low} to ${high} % in 90 % of the draws)`;
}
