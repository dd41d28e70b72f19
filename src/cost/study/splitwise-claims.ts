import type { Fit } from '../../fitfile/schema.ts';
import { bisect } from '../break-even.ts';
import { type Design, gainUnder, type SplitwiseTable } from './splitwise.ts';
import type { EqualIn, Trace } from './splitwise-setup.ts';

/** A ratio that Splitwise published. */
interface Published {
  readonly id: string;
  readonly claim: string;
  readonly design: Design;
  readonly baseline: 'A' | 'H';
  readonly equal_in: EqualIn;
  readonly trace: Trace['name'];
  readonly published: number;
  /** False: batch jobs, which no latency limits. */
  readonly limited: boolean;
}

const published = (
  id: string,
  claim: string,
  pair: readonly [Design, 'A' | 'H'],
  equal_in: EqualIn,
  ratio: number,
): Published => ({
  id,
  claim,
  design: pair[0],
  baseline: pair[1],
  equal_in,
  trace: 'conversation',
  published: ratio,
  limited: true,
});

/** Sections 6.2, 6.3 and 6.5, and the abstract, of Splitwise (arXiv:2311.18677). */
const CLAIMS: readonly Published[] = [
  published('S1', 'AA over A, equal power', ['AA', 'A'], 'power', 2.15),
  published('S2', 'the same by the abstract', ['AA', 'A'], 'power', 2.35),
  published('S3', 'HA over H, equal power, 10 % cheaper', ['HA', 'H'], 'power', 1.18),
  published('S4', 'AA over H, equal cost', ['AA', 'H'], 'cost', 1.4),
  published('S5', 'AA over H, equal power, 20 % cheaper', ['AA', 'H'], 'power', 1.4),
  { ...published('S6', 'A over H per $, no limits', ['A', 'H'], 'cost', 0.89 / 0.75), limited: false },
];

/** A published ratio beside what the fits of both models give. */
export interface SplitwiseClaim extends Published {
  /** By model, at the central parameters; null: the limits are not met. */
  readonly by_model: readonly (number | null)[];
  /** From the lowest to the highest end of the models' 90 % intervals; null where no limits apply. */
  readonly interval_90: readonly [number, number] | null;
  readonly verdict: 'reproduces' | 'inside the intervals' | 'does not reproduce';
  /** What would have to be true, by model. */
  readonly needed: readonly Needed[];
}

interface Needed {
  readonly model: string;
  /** The baseline's throughput over what the fits give it. */
  readonly baseline_throughput: number | null;
  /** Limits between tokens over those that Splitwise states. */
  readonly token_limits: number | null;
}

/** Factors on the limits between tokens that are tried: 1.25 times the time of a request alone cannot shrink below 1. */
const SLACK = { low: 0.85, high: 4 } as const;
/** Agreement that is called reproduction: about what differs between its two models. */
const NEAR = 0.1;

/** Published ratios beside ours. @param models fits of one model each, in the order of `tables`' models */
export function splitwiseClaims(
  tables: readonly SplitwiseTable[],
  models: readonly (readonly Fit[])[],
): SplitwiseClaim[] {
  return CLAIMS.map((one) => judged(one, tables, models));
}

function judged(
  claim: Published,
  tables: readonly SplitwiseTable[],
  models: readonly (readonly Fit[])[],
): SplitwiseClaim {
  const { design, baseline, equal_in, published: ratio, limited } = claim;
  const found = models.map((fits) => {
    const table = tables.find(
      (one) =>
        one.model === fits[0]!.model_card.id && one.trace.name === claim.trace && one.equal_in === equal_in,
    )!;
    const cell = table.rows.find((row) => row.design === design)!.over[baseline];
    const gain = limited ? cell.gain : gainUnder({ kind: 'none' }, fits, table, [design, baseline]);
    return { fits, table, gain, ends: limited ? (cell.uncertainty?.benefit_90 ?? []) : [] };
  });
  const ends = found.flatMap((one) => one.ends).filter(Number.isFinite);
  const gains = found.flatMap(({ gain }) => gain ?? []);
  const interval_90 = ends.length === 0 ? null : ([Math.min(...ends), Math.max(...ends)] as const);
  const near =
    gains.some((gain) => Math.abs(gain / ratio - 1) <= NEAR) ||
    (Math.min(...gains) <= ratio && ratio <= Math.max(...gains));
  const inside = interval_90 !== null && interval_90[0] <= ratio && ratio <= interval_90[1];
  return {
    ...claim,
    by_model: found.map(({ gain }) => gain),
    interval_90,
    verdict: near ? 'reproduces' : inside ? 'inside the intervals' : 'does not reproduce',
    needed: found.map(({ fits, table, gain }) => ({
      model: table.model,
      baseline_throughput: gain === null ? null : gain / ratio,
      token_limits: limited ? slackFor(ratio, fits, table, [design, baseline]) : null,
    })),
  };
}

/** The factor on the limits between tokens at which the gain is the published one; null: at none that is tried. */
function slackFor(
  ratio: number,
  fits: readonly Fit[],
  table: SplitwiseTable,
  pair: readonly [Design, Design],
): number | null {
  const miss = (factor: number): number =>
    (gainUnder({ kind: 'slack', factor }, fits, table, pair) ?? Number.POSITIVE_INFINITY) - ratio;
  const found = bisect(miss, SLACK.low, SLACK.high);
  return found.state === 'found' ? found.value : null;
}

/** Prompt and token machines that Splitwise found best at equal power, and ours. */
export interface MachineSplit {
  readonly design: Design;
  readonly trace: Trace['name'];
  readonly published: readonly [prompt: number, token: number];
  readonly by_model: readonly SplitwiseTable['rows'][number]['machines'][];
}

const SPLITS = [
  ['HH', 'coding', [35, 5]],
  ['HH', 'conversation', [25, 15]],
  ['AA', 'coding', [55, 15]],
] as const;

export const machineSplits = (tables: readonly SplitwiseTable[]): MachineSplit[] =>
  SPLITS.map(([design, trace, split]) => ({
    design,
    trace,
    published: split,
    by_model: tables
      .filter((one) => one.equal_in === 'power' && one.trace.name === trace)
      .map(({ rows }) => rows.find((row) => row.design === design)!.machines),
  }));
