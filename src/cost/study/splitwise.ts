import type { Fit } from '../../fitfile/schema.ts';
import { type BenefitInterval, benefitIntervals } from '../intervals.ts';
import type { PhaseSource } from '../phase-source.ts';
import {
  type PricedSource,
  type SearchedOption,
  type SearchQuestion,
  searchAll,
  usdPerRequest,
} from '../search.ts';
import {
  DEVICES_PER_MACHINE,
  type EqualIn,
  H100_MACHINES,
  limitsOf,
  MACHINE_COSTS,
  MACHINES,
  machineSources,
  SPLITWISE_RULES,
  TRACES,
  type Trace,
} from './splitwise-setup.ts';

/** `HA` prefills on H100 and decodes on A100; a single letter is the baseline that mixes both phases on every machine. */
export type Design = 'AA' | 'AH' | 'HA' | 'HH' | 'A' | 'H';

/** A cluster of one design within a budget. */
export interface SplitwiseRow {
  readonly design: Design;
  /** Whole machines; prompt and token ones of a pair, all of a baseline as `token`. Null: no plan meets the limits. */
  readonly machines: { readonly prompt: number; readonly token: number } | null;
  readonly requests_per_s: number | null;
  /** Requests a second over those of either baseline within the same budget, machines in fractions. */
  readonly over: Readonly<Record<'A' | 'H', SplitwiseGain>>;
  /** Rated power and cost over those of 40 H100 machines. */
  readonly power_ratio: number | null;
  readonly cost_ratio: number | null;
  /** Time between tokens, and sequences together on a machine that decodes. */
  readonly tpot_ms: number | null;
  readonly batch: number | null;
}

export interface SplitwiseGain {
  readonly gain: number | null;
  readonly uncertainty: BenefitInterval | null;
}

/** All designs of one model and trace at equal power or cost. */
export interface SplitwiseTable {
  readonly model: string;
  readonly trace: Trace;
  readonly equal_in: EqualIn;
  readonly rows: readonly SplitwiseRow[];
}

const designOf = (option: SearchedOption): Design =>
  (option.kind === 'pair'
    ? MACHINES[option.prefill]!.letter + MACHINES[option.decode]!.letter
    : MACHINES[option.device]!.letter) as Design;

/** Devices that cost their share of a machine's budget an hour, so that the least cost a request is the most requests. */
const priced = <Source>(sources: readonly Source[], equalIn: EqualIn) =>
  sources.map((source, index) => ({
    source,
    usd_per_h: MACHINE_COSTS[equalIn][index]! / DEVICES_PER_MACHINE,
  }));

/** @param a100 whose times the limits are slowdowns of */
const questionOf = (trace: Trace, a100: PhaseSource, slack = 1): SearchQuestion => ({
  workload: trace,
  objectives: limitsOf(a100, trace, slack),
  rules: SPLITWISE_RULES,
});

/** Every design of one model, for both traces, at equal power and at equal cost. */
export const splitwiseTables = (fits: readonly Fit[], draws: number): SplitwiseTable[] =>
  TRACES.flatMap((trace) =>
    (['power', 'cost'] as const).map((equalIn) => tableOf(fits, trace, equalIn, draws)),
  );

function tableOf(fits: readonly Fit[], trace: Trace, equalIn: EqualIn, draws: number): SplitwiseTable {
  const sources = machineSources(fits, trace);
  const devices = priced(sources, equalIn);
  const options = searchAll(
    devices.map(({ source, usd_per_h }) => ({ source: source.central, usd_per_h })),
    questionOf(trace, sources[0]!.central),
  );
  const designs = options.map(designOf);
  const over = (baseline: 'A' | 'H'): SplitwiseGain[] => {
    const place = designs.indexOf(baseline);
    const base = usdPerRequest(options[place]!);
    const drawnQuestion = (drawn: readonly PricedSource[]) => questionOf(trace, drawn[0]!.source);
    const known = devices.every(({ source }) => source.interval);
    const intervals = benefitIntervals(devices, drawnQuestion, place, draws);
    return options.map((option, index) => {
      const own = usdPerRequest(option);
      return {
        gain: base === null || own === null ? null : base / own,
        uncertainty: known ? intervals[index]! : null,
      };
    });
  };
  const [overA, overH] = [over('A'), over('H')];
  return {
    model: fits[0]!.model_card.id,
    trace,
    equal_in: equalIn,
    rows: options.map((option, index) => ({
      design: designs[index]!,
      ...clusterOf(option, equalIn),
      over: { A: overA[index]!, H: overH[index]! },
    })),
  };
}

type Cluster = Omit<SplitwiseRow, 'design' | 'over'>;
const NO_CLUSTER: Cluster = {
  machines: null,
  requests_per_s: null,
  power_ratio: null,
  cost_ratio: null,
  tpot_ms: null,
  batch: null,
};

/** Whole machines of a plan with the most requests a second within the budget. */
function clusterOf(option: SearchedOption, equalIn: EqualIn): Cluster {
  const budget = H100_MACHINES * MACHINE_COSTS[equalIn][1]!;
  // What fits to the last machine must not fail for a rounding error.
  const most = (left: number, machine: number): number =>
    Math.floor(left / MACHINE_COSTS[equalIn][machine]! + 1e-9);
  if (option.plan === null) return NO_CLUSTER;
  if (option.kind === 'aggregated') {
    const token = most(budget, option.device);
    const rate = (token * DEVICES_PER_MACHINE) / option.plan.device_seconds;
    return {
      ...ratios([[option.device, token]]),
      machines: { prompt: 0, token },
      requests_per_s: rate,
      tpot_ms: 1e3 * option.plan.tpot_s,
      batch: option.plan.batch,
    };
  }
  const { prefill, decode, plan } = option;
  const rateOf = ({ device_seconds }: { readonly device_seconds: number }): number =>
    DEVICES_PER_MACHINE / device_seconds;
  const choices = Array.from({ length: most(budget, prefill) }, (_, index) => {
    const prompt = index + 1;
    const token = most(budget - prompt * MACHINE_COSTS[equalIn][prefill]!, decode);
    return { prompt, token, rate: Math.min(prompt * rateOf(plan.prefill), token * rateOf(plan.decode)) };
  });
  const { prompt, token, rate } = choices.reduce((best, one) => (one.rate > best.rate ? one : best));
  return {
    ...ratios([
      [prefill, prompt],
      [decode, token],
    ]),
    machines: { prompt, token },
    requests_per_s: rate,
    tpot_ms: 1e3 * plan.decode.step_s,
    batch: plan.decode.batch,
  };
}

function ratios(parts: readonly (readonly [machine: number, count: number])[]) {
  const of = (costs: readonly number[]): number =>
    parts.reduce((sum, [machine, count]) => sum + count * costs[machine]!, 0) / (H100_MACHINES * costs[1]!);
  return { power_ratio: of(MACHINE_COSTS.power), cost_ratio: of(MACHINE_COSTS.cost) };
}

/** What is asked otherwise: limits between tokens by a factor, or none at all. */
export type Limits = { readonly kind: 'slack'; readonly factor: number } | { readonly kind: 'none' };

/** Gain of a design over a baseline under other limits, at the central parameters; null: one of them meets them not. */
export function gainUnder(
  limits: Limits,
  fits: readonly Fit[],
  { trace, equal_in }: Pick<SplitwiseTable, 'trace' | 'equal_in'>,
  [design, baseline]: readonly [Design, Design],
): number | null {
  const devices = priced(
    machineSources(fits, trace).map(({ central }) => central),
    equal_in,
  );
  const asked = questionOf(trace, devices[0]!.source, limits.kind === 'slack' ? limits.factor : 1);
  const question =
    limits.kind === 'none'
      ? { ...asked, objectives: [], rules: { ...asked.rules, queueing: { kind: 'none' } as const } }
      : asked;
  const options = searchAll(devices, question);
  const [own, base] = [design, baseline].map((one) =>
    usdPerRequest(options.find((option) => designOf(option) === one)!),
  );
  return own && base ? base / own : null;
}
