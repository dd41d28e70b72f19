import { findAccelerator } from '../../accelerator/catalogue.ts';
import type { Fit } from '../../fitfile/schema.ts';
import type { PhaseSource, UncertainSource } from '../phase-source.ts';
import type { Statistic } from '../queue.ts';
import { type SearchRules, servingRules } from '../rules.ts';
import { fitSource } from '../sources/from-fit.ts';
import { DEFAULT_FIXED_COSTS } from '../transfer.ts';
import { meanContext, type Objective, type Workload } from '../workload.ts';

/** Machines of Splitwise (Patel et al., ISCA 2024): eight devices each, prices a device-hour out of its simulator. */
export const MACHINES = [
  { letter: 'A', accelerator: 'a100-80-sxm', usd_per_h: 2.21 },
  { letter: 'H', accelerator: 'h100-sxm', usd_per_h: 4.76 },
] as const;
export type Letter = (typeof MACHINES)[number]['letter'];
export const DEVICES_PER_MACHINE = 8;

/** Clusters draw at most what so many H100 machines do at the devices' rated power, or cost at most as much. */
export const H100_MACHINES = 40;

/** Median lengths of its two production traces; their distributions are not all public. */
export const TRACES = [
  { name: 'conversation', input: 1020, output: 129 },
  { name: 'coding', input: 1500, output: 13 },
] as const;
export type Trace = (typeof TRACES)[number];

/** Its nine limits, as slowdowns of a request alone on an A100 machine. */
const SLOWDOWNS: readonly (readonly [Objective['metric'], Statistic, number])[] = [
  ['ttft', 0.5, 2],
  ['ttft', 0.9, 3],
  ['ttft', 0.99, 6],
  ['tpot', 0.5, 1.25],
  ['tpot', 0.9, 1.5],
  ['tpot', 0.99, 5],
  ['e2e', 0.5, 1.25],
  ['e2e', 0.9, 1.5],
  ['e2e', 0.99, 5],
];

/** Its scheduler sends a prompt to the shortest queue, which serves about as one queue before several machines does. */
const MACHINES_A_QUEUE = 16;
/** Of a cache that leaves layer by layer, as measured there between A100 machines, s. */
const EXPOSED_TRANSFER_S = 8e-3;

export const SPLITWISE_RULES: SearchRules = servingRules(MACHINES_A_QUEUE, {
  mode: 'layer_wise',
  contention: 1,
  fixed: { ...DEFAULT_FIXED_COSTS, sync_s: EXPOSED_TRANSFER_S },
  translate: null,
  nic_bytes_per_s: null,
});

/**
 * The limits of a trace in seconds.
 * @param a100 at its central parameters
 * @param slack factor on the limits between tokens, to ask what would have to be true
 */
export function limitsOf(a100: PhaseSource, workload: Workload, slack = 1): Objective[] {
  const ttft = a100.prefillSeconds(DEVICES_PER_MACHINE, 1, workload.input) + a100.request_overhead_s;
  const tpot = a100.decodeSeconds(DEVICES_PER_MACHINE, 1, meanContext(workload));
  const alone = { ttft, tpot, tbt: tpot, e2e: ttft + (workload.output - 1) * tpot };
  return SLOWDOWNS.map(([metric, statistic, slowdown]) => ({
    key: `${metric}_p${statistic === 'mean' ? 'mean' : Math.round(100 * statistic)}_ms`,
    metric,
    statistic,
    limit_s: alone[metric] * (metric === 'ttft' ? slowdown : slack * slowdown),
  }));
}

/** Both machines by the fits of one model, in the order of MACHINES. */
export const machineSources = (fits: readonly Fit[], workload: Workload): UncertainSource[] =>
  MACHINES.map(({ letter, accelerator }) =>
    fitSource(fits.find((fit) => fit.accelerator.id === accelerator)!, workload, letter),
  );

/** What one machine takes of a budget: rated kW of its devices, or dollars an hour. */
export const MACHINE_COSTS = {
  power: MACHINES.map(
    ({ accelerator }) => (DEVICES_PER_MACHINE * findAccelerator(accelerator).tdp_w!) / 1000,
  ),
  cost: MACHINES.map(({ usd_per_h }) => DEVICES_PER_MACHINE * usd_per_h),
} as const;
export type EqualIn = keyof typeof MACHINE_COSTS;
