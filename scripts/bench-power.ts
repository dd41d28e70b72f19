import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { renderTable } from '../src/report/text-table.ts';
import { TOOL_NAMES, type ToolName } from '../src/simulate/power/install-tools.ts';
import { type RecoveredEnergy, recoverEnergies } from './power/known-energy.ts';
import { samplingCost } from './power/sampling-cost.ts';
import { buildRidge } from './vllm/ridge.ts';

// Known energy through every fake tool over real sockets, and what reading one ten times a second costs. Exit code 1 when a
// target is missed.

const { values } = parseArgs({
  options: {
    tool: { type: 'string', multiple: true },
    repeats: { type: 'string', default: '1' },
    'cost-s': { type: 'string', default: '20' },
  },
});

/** Largest relative error of a window's energy; null: it must be rejected for its few samples. */
const TARGETS: Readonly<Record<ToolName, { readonly 30: number; readonly 10: number | null }>> = {
  'nvidia-smi': { 30: 0.01, 10: 0.03 },
  'amd-smi': { 30: 0.01, 10: 0.03 },
  'hl-smi': { 30: 0.01, 10: null },
};
const MOST_PERCENT = 2;
const DEVICES_OF_COST = [1, 8];

const percent = (share: number): string => (100 * share).toFixed(2);
let missed = 0;

/** A verdict of a target, counted when it is missed. */
function verdict(reached: boolean): string {
  if (!reached) missed += 1;
  return reached ? 'reached' : 'missed';
}

function energyRow(tool: ToolName, seconds: 30 | 10, found: readonly RecoveredEnergy[]): string[] {
  const target = TARGETS[tool][seconds];
  const errors = found.flatMap(({ error }) => (error === null ? [] : [Math.abs(error)]));
  const rejected = found.filter(({ error }) => error === null);
  const reached =
    target === null
      ? rejected.length === found.length && rejected.every(({ codes }) => codes.includes('too_few_samples'))
      : rejected.length === 0 && Math.max(...errors) <= target;
  return [
    tool,
    String(seconds),
    String(found.length),
    [...new Set(found.map(({ taken_from }) => taken_from ?? 'rejected'))].join(', '),
    errors.length === 0 ? '-' : percent(Math.max(...errors)),
    target === null ? 'too_few_samples' : `<= ${percent(target)}`,
    verdict(reached),
    [...new Set(found.flatMap(({ codes }) => codes))].join(', '),
  ];
}

await buildRidge();
const tools = TOOL_NAMES.filter((tool) => values.tool?.includes(tool) ?? true);
const rows: string[][] = [];
for (const tool of tools) {
  const found: RecoveredEnergy[] = [];
  for (let repeat = 1; repeat <= Number(values.repeats); repeat += 1)
    found.push(...(await recoverEnergies(tool, repeat)));
  for (const seconds of [30, 10] as const)
    rows.push(
      energyRow(
        tool,
        seconds,
        found.filter((one) => one.seconds === seconds),
      ),
    );
}
const right = (title: string, unit?: string) => ({ title, align: 'right' as const, ...(unit && { unit }) });
console.log(
  renderTable({
    columns: [
      { title: 'energy by' },
      right('window', 's'),
      right('windows'),
      { title: 'taken from' },
      right('worst error', '%'),
      { title: 'target' },
      { title: 'verdict' },
      { title: 'reasons' },
    ],
    rows,
  }),
);
console.log('\nreading nvidia-smi ten times a second, CPU of the reading process\n');
const costs = [];
for (const devices of DEVICES_OF_COST) costs.push(await samplingCost(devices, Number(values['cost-s'])));
console.log(
  renderTable({
    columns: [
      right('devices'),
      right('readings', '1/s'),
      right('one core', '%'),
      { title: 'target' },
      { title: 'verdict' },
    ],
    rows: costs.map((cost) => [
      String(cost.devices),
      cost.readings_per_s.toFixed(1),
      cost.percent.toFixed(2),
      `<= ${MOST_PERCENT}`,
      verdict(cost.percent <= MOST_PERCENT),
    ]),
  }),
);
console.log(`load average ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`);
process.exitCode = missed === 0 ? 0 : 1;
