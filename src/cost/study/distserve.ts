import { findAccelerator } from '../../accelerator/catalogue.ts';
import { RidgeError } from '../../errors.ts';
import type { Fit } from '../../fitfile/schema.ts';
import { servedCard } from '../../model/served-card.ts';
import { type BenefitInterval, benefitIntervals } from '../intervals.ts';
import type { PhaseSource, UncertainSource } from '../phase-source.ts';
import { servingRules } from '../rules.ts';
import { type SearchedOption, type SearchQuestion, searchAll } from '../search.ts';
import { carriedSource } from '../sources/from-fit.ts';
import { DEFAULT_FIXED_COSTS } from '../transfer.ts';
import type { Objective } from '../workload.ts';

/** An experiment of DistServe (Zhong et al., OSDI 2024): OPT in 16 bits on A100 80 GB, nine of ten requests within both limits. */
export interface DistServeSetup {
  readonly name: string;
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly ttft_s: number;
  readonly tpot_s: number;
  /** Devices of a server that mixes both phases, as vLLM was set up there. */
  readonly mixed_tp: number;
  /** Requests/s a device with the phases split over those without. */
  readonly published: readonly [low: number, high: number];
}

const setup = (
  name: string,
  model: string,
  [input, output]: readonly [number, number],
  [ttft_s, tpot_s]: readonly [number, number],
  mixed_tp: number,
  published: readonly [number, number],
): DistServeSetup => ({ name, model, input, output, ttft_s, tpot_s, mixed_tp, published });

/** Means of its Figure 7. */
const [SHAREGPT, HUMANEVAL, LONGBENCH] = [
  [755, 200],
  [171, 98],
  [1738, 91],
] as const;
/** On ShareGPT one range is told for its three models. */
const CHATBOT = [2, 4.6] as const;

/** Its Figures 1, 8 and 9, with the limits of its Table 1, against vLLM. */
const SETUPS: readonly DistServeSetup[] = [
  setup('synthetic', 'opt-13b', [512, 64], [0.4, 0.04], 1, [3.3 / 1.6, 3.3 / 1.6]),
  setup('chatbot', 'opt-13b', SHAREGPT, [0.25, 0.1], 1, CHATBOT),
  setup('chatbot', 'opt-66b', SHAREGPT, [0.4, 0.1], 4, CHATBOT),
  setup('chatbot', 'opt-175b', SHAREGPT, [4, 0.2], 8, CHATBOT),
  setup('code', 'opt-66b', HUMANEVAL, [0.125, 0.2], 4, [5.7, 5.7]),
  setup('summary', 'opt-66b', LONGBENCH, [15, 0.15], 4, [4.3, 4.3]),
];

const ACCELERATOR = 'a100-80-sxm';
/** Prefill and decode stand in one node there: NVLink, one direction of a device. */
const NVLINK_BYTES_PER_S = 300e9;
const RULES = servingRules(1, {
  mode: 'layer_wise',
  contention: 1,
  fixed: DEFAULT_FIXED_COSTS,
  translate: null,
  nic_bytes_per_s: NVLINK_BYTES_PER_S,
});

/** One way of serving: requests/s of a device within the limits, and how. */
export interface Goodput {
  readonly requests_per_s_per_device: number;
  readonly plan: string;
}

/** An experiment re-derived. */
export interface DistServeRow extends DistServeSetup {
  readonly split: Goodput | null;
  /** Prefill and decode devices of one decode worker, rate-matched. */
  readonly ratio: number | null;
  /** Both phases on every server: as vLLM was set up there, and with prompts in pieces beside decodes at the best TP size. */
  readonly mixed_then: Goodput | null;
  readonly mixed_now: Goodput | null;
  /** Goodput split over that mixed. */
  readonly gain_then: number | null;
  readonly gain_now: number | null;
  /** Of `gain_then`. */
  readonly uncertainty: BenefitInterval | null;
  readonly verdict: DistServeVerdict;
  /** What would have to be true: the mixed goodput over what the fit gives it. */
  readonly mixed_share_needed: number | null;
}
/** `unclear`: no interval, or one without an end, since in some draws the mixed server meets its limits at no load. */
export type DistServeVerdict = 'reproduces' | 'inside the interval' | 'does not reproduce' | 'unclear';

const objectivesOf = ({ ttft_s, tpot_s }: DistServeSetup): Objective[] => [
  { key: 'ttft_p90_ms', metric: 'ttft', statistic: 0.9, limit_s: ttft_s },
  { key: 'tpot_p90_ms', metric: 'tpot', statistic: 0.9, limit_s: tpot_s },
];

/** A server as vLLM was then: at the experiment's TP size, and every prompt in a step of its own, for which decodes wait. */
function ofItsTime(source: UncertainSource, tp: number): UncertainSource {
  const then = (one: PhaseSource): PhaseSource => ({
    ...one,
    label: `${one.label} then`,
    tp_sizes: [tp],
    // What percentiles showed is of steps that mix.
    slow: undefined,
    mixedPrefillSeconds: (size, _batch, _context, input) => one.prefillSeconds(size, 1, input),
  });
  return { ...source, central: then(source.central), draw: (index) => then(source.draw(index)) };
}

/** Every experiment by one fit, carried to A100 and OPT by spec sheets. */
export const distserveRows = (fit: Fit, draws: number): DistServeRow[] =>
  SETUPS.map((one) => rowOf(fit, one, draws));

function rowOf(fit: Fit, experiment: DistServeSetup, draws: number): DistServeRow {
  const model = servedCard(experiment.model, { precision: 'bf16' });
  if (model === null) throw new RidgeError(`no built-in model '${experiment.model}'`);
  const to = { accelerator: findAccelerator(ACCELERATOR), model };
  const source = carriedSource(fit, to, experiment, 'A100');
  const devices = [source, ofItsTime(source, experiment.mixed_tp)].map((each) => ({
    source: each,
    usd_per_h: 1,
  }));
  const question: SearchQuestion = {
    workload: experiment,
    objectives: objectivesOf(experiment),
    rules: RULES,
  };
  const options = searchAll(
    devices.map(({ source: each, usd_per_h }) => ({ source: each.central, usd_per_h })),
    question,
  );
  const place = (kind: SearchedOption['kind'], device: number): number =>
    options.findIndex((one) =>
      one.kind === 'pair'
        ? kind === 'pair' && one.prefill === device && one.decode === device
        : kind === 'aggregated' && one.device === device,
    );
  const [split, then, now] = [place('pair', 0), place('aggregated', 1), place('aggregated', 0)];
  const goodputs = [split, then, now].map((at) => goodputOf(options[at]!));
  const over = (baseline: Goodput | null): number | null =>
    goodputs[0] && baseline
      ? goodputs[0].requests_per_s_per_device / baseline.requests_per_s_per_device
      : null;
  const gain = over(goodputs[1]!);
  const uncertainty = source.interval
    ? (benefitIntervals(devices, question, then, draws)[split] ?? null)
    : null;
  return {
    ...experiment,
    split: goodputs[0]!,
    ratio: ratioOf(options[split]!),
    mixed_then: goodputs[1]!,
    mixed_now: goodputs[2]!,
    gain_then: gain,
    gain_now: over(goodputs[2]!),
    uncertainty,
    verdict: verdictOf(experiment.published, gain, uncertainty),
    mixed_share_needed: gain === null ? null : gain / experiment.published[0],
  };
}

function goodputOf({ kind, plan }: SearchedOption): Goodput | null {
  if (plan === null) return null;
  if (kind === 'aggregated') {
    const { device_seconds, tp, batch } = plan as Extract<SearchedOption, { kind: 'aggregated' }>['plan'] &
      object;
    return { requests_per_s_per_device: 1 / device_seconds, plan: `${tp}x${batch}` };
  }
  const { prefill, decode } = plan as Extract<SearchedOption, { kind: 'pair' }>['plan'] & object;
  return {
    requests_per_s_per_device: 1 / (prefill.device_seconds + decode.device_seconds),
    plan: `${prefill.tp}x${prefill.batch}, ${decode.tp}x${decode.batch}`,
  };
}

const ratioOf = (option: SearchedOption): number | null =>
  option.kind === 'pair' && option.plan
    ? option.plan.prefill.device_seconds / option.plan.decode.device_seconds
    : null;

/** Agreement that is called reproduction. */
const NEAR = 0.1;

function verdictOf(
  [low, high]: readonly [number, number],
  gain: number | null,
  uncertainty: BenefitInterval | null,
): DistServeVerdict {
  if (gain !== null && gain >= low * (1 - NEAR) && gain <= high * (1 + NEAR)) return 'reproduces';
  if (uncertainty === null) return 'unclear';
  const [least, most] = uncertainty.benefit_90;
  if (least <= high && most === Number.POSITIVE_INFINITY) return 'unclear';
  return least <= high && most >= low ? 'inside the interval' : 'does not reproduce';
}
