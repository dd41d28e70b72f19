import type { Budget } from '../cost/budget.ts';
import { traceWorkload } from '../cost/length-mix.ts';
import { objectivesOf, parseObjective } from '../cost/objectives.ts';
import { DEFAULT_FIXED_COSTS, TRANSFER_MODES } from '../cost/transfer.ts';
import type { TransferRules } from '../cost/transfer-rules.ts';
import type { Objective, Served, Workload } from '../cost/workload.ts';
import { RidgeError } from '../errors.ts';
import { readUserFile } from '../suite/load-file.ts';
import { loadSuite } from '../suite/load-suite.ts';
import type { Objectives } from '../suite/schema.ts';
import { parseTrace } from '../suite/trace-csv.ts';
import { oneOfFlag, optionalFlag, positiveFlag, wholeFlag } from './flags.ts';
import { modelFlag } from './model-flag.ts';
import { parseSpeculation } from './spec-flag.ts';

export const COMPARE_OPTIONS = {
  all: { type: 'boolean', default: false },
  fits: { type: 'string' },
  model: { type: 'string' },
  devices: { type: 'string' },
  input: { type: 'string' },
  output: { type: 'string' },
  'cached-input': { type: 'string' },
  spec: { type: 'string' },
  draft: { type: 'string' },
  trace: { type: 'string' },
  rate: { type: 'string' },
  objective: { type: 'string', multiple: true },
  suite: { type: 'string' },
  basis: { type: 'string' },
  tariff: { type: 'string' },
  baseline: { type: 'string' },
  budget: { type: 'string' },
  workers: { type: 'string' },
  transfer: { type: 'string' },
  contention: { type: 'string' },
  'nic-gb-per-s': { type: 'string' },
  'host-staged': { type: 'boolean', default: false },
  top: { type: 'string' },
  svg: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export type CompareFlags = Readonly<Record<string, string | boolean | string[] | undefined>> & {
  readonly all: boolean;
  readonly json: boolean;
  readonly 'host-staged': boolean;
  readonly objective?: string[] | undefined;
} & Readonly<
    Partial<
      Record<
        | 'fits'
        | 'model'
        | 'devices'
        | 'input'
        | 'output'
        | 'cached-input'
        | 'spec'
        | 'draft'
        | 'trace'
        | 'rate'
        | 'suite'
        | 'basis'
        | 'tariff'
        | 'baseline'
        | 'budget'
        | 'workers'
        | 'transfer'
        | 'contention'
        | 'nic-gb-per-s'
        | 'top'
        | 'svg',
        string
      >
    >
  >;

/** A flag that a verb cannot do without. */
export function neededFlag(flag: string, text: string | undefined, verb: string): string {
  if (text !== undefined) return text;
  throw new RidgeError(`--${flag} is needed`, { mend: `See ridge ${verb} --help.` });
}

/** Requests of one shape, or those of a trace, with what they share and what is proposed for them. */
export async function workloadOf(
  flags: Pick<CompareFlags, 'input' | 'output' | 'trace' | 'cached-input' | 'spec' | 'draft'>,
): Promise<Workload> {
  const [lengths, served] = [await lengthsOf(flags), await servedOf(flags)];
  const { cached_input = 0 } = served;
  if (cached_input < lengths.input) return { ...lengths, ...served };
  throw new RidgeError(`--cached-input: ${cached_input} tokens leave nothing of ${lengths.input} to compute`);
}

/** What requests share, and what is proposed for them. */
export async function servedOf(
  flags: Pick<CompareFlags, 'cached-input' | 'spec' | 'draft'>,
): Promise<Served> {
  const { spec, draft, 'cached-input': cached } = flags;
  if (draft !== undefined && spec === undefined) {
    throw new RidgeError('--draft needs --spec', { mend: 'For example --spec 4,0.7.' });
  }
  return {
    ...(cached !== undefined && { cached_input: wholeFlag('cached-input', cached, 0) }),
    ...(spec !== undefined && { speculation: parseSpeculation(spec) }),
    ...(draft !== undefined && { draft: await modelFlag(draft, undefined, 'draft') }),
  };
}

async function lengthsOf(flags: Pick<CompareFlags, 'input' | 'output' | 'trace'>): Promise<Workload> {
  const { trace } = flags;
  if (trace === undefined) {
    return {
      input: wholeFlag('input', neededFlag('input', flags.input, 'compare'), 1),
      output: wholeFlag('output', neededFlag('output', flags.output, 'compare'), 2),
    };
  }
  const twice = (['input', 'output'] as const).find((name) => flags[name] !== undefined);
  if (twice !== undefined) {
    throw new RidgeError(`--${twice} and --trace both give lengths`, { mend: 'Keep one of them.' });
  }
  const text = await readUserFile(trace, 'CSV file with timestamp, input_tokens, output_tokens');
  return traceWorkload(parseTrace(text, trace));
}

/** Objectives of the flags, else of the suite; none: throughput alone counts. */
export async function askedObjectives(flags: CompareFlags): Promise<Objective[]> {
  if (flags.objective)
    return objectivesOf(Object.fromEntries(flags.objective.map(parseObjective)) as Objectives);
  if (flags.suite === undefined) return [];
  const { objectives } = (await loadSuite(flags.suite)).suite;
  if (objectives) return objectivesOf(objectives);
  throw new RidgeError('the suite has no objectives', {
    where: flags.suite,
    mend: 'Give --objective instead.',
  });
}

/** A rate that is asked, or that of a trace in its busiest minute; else `power_kw=100` or `usd_per_h=50`. */
export function budgetFlag(flags: Pick<CompareFlags, 'budget' | 'rate'>, { mix }: Workload): Budget | null {
  const { budget: text, rate } = flags;
  if (text !== undefined && rate !== undefined) {
    throw new RidgeError('--budget and --rate ask opposite things', { mend: 'Keep one of them.' });
  }
  if (rate !== undefined) return { kind: 'requests_per_s', least: positiveFlag('rate', rate) };
  if (text === undefined) return mix ? { kind: 'requests_per_s', least: mix.peak_requests_per_s } : null;
  const [name = '', value = ''] = text.split('=');
  return {
    kind: oneOfFlag('budget', name, ['usd_per_h', 'power_kw']),
    most: positiveFlag(`budget: ${name}`, value),
  };
}

export function transferOf(flags: CompareFlags): TransferRules {
  const nic = optionalFlag(flags['nic-gb-per-s'], (text) => positiveFlag('nic-gb-per-s', text));
  const contention = flags.contention === undefined ? 1 : positiveFlag('contention', flags.contention);
  if (contention < 1) {
    throw new RidgeError(`--contention: ${contention} transfers at a time are less than one`);
  }
  return {
    mode: oneOfFlag('transfer', flags.transfer ?? 'layer_wise', TRANSFER_MODES),
    contention,
    fixed: DEFAULT_FIXED_COSTS,
    translate: { host_bytes_per_s: flags['host-staged'] ? HOST_BYTES_PER_S : null },
    nic_bytes_per_s: nic === undefined ? null : nic * 1e9,
  };
}

/** PCIe 5.0 x16, one direction. */
const HOST_BYTES_PER_S = 64e9;
