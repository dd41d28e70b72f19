import { summariseErrors } from '../../src/fit/errors.ts';
import { DRAFT_NAMES } from '../../src/roofline/parameters.ts';
import { median } from '../../src/stats/sorted.ts';
import { recoverSpeculative, type SpeculativeResult } from './speculative-seed.ts';
import { readSuite } from './suite.ts';

export const SPECULATIVE_SUITES = {
  plain: readSuite('suites/roofline.yaml'),
  speculative: readSuite('suites/speculative.yaml'),
  cached: readSuite('suites/cached.yaml'),
};

/** What must hold: unseen cells within a few per cent, and the draft's cost inside its intervals as often as they say. */
const LIMITS = { tpot_mape: 3, ttft_mape: 10, coverage: [80, 100] } as const;

export interface SpeculativeVerdict {
  readonly target: string;
  readonly seen: string;
  readonly pass: boolean;
}

/** Devices that speculate, drawn by seed: how the draft's cost came back, and unseen cells. Prints as it goes. */
export function speculativeTable(seeds: readonly number[]): SpeculativeVerdict[] {
  const results = seeds.map((seed) => recoverSpeculative(SPECULATIVE_SUITES, seed, []));
  for (const name of DRAFT_NAMES) console.log(draftRow(results, name));
  const speculative = summariseErrors(results.flatMap((one) => one.speculative));
  const cached = summariseErrors(results.flatMap((one) => one.cached));
  for (const [title, errors] of [
    ['unseen number of proposed tokens', speculative],
    ['cached prompts, none seen', cached],
  ] as const) {
    for (const [metric, one] of Object.entries(errors)) {
      console.log(
        `  ${title.padEnd(34)} ${metric.padEnd(20)} n ${one.n}  MAPE ${one.mape.toFixed(2)} %  bias ${one.bias.toFixed(2)} %  inside ${one.coverage_90.toFixed(0)} %`,
      );
    }
  }
  const known = results.flatMap(({ drafts }) => drafts.filter((one) => one.known));
  const inside = (100 * known.filter((one) => one.inside).length) / Math.max(1, known.length);
  const [least, most] = LIMITS.coverage;
  const within = (what: string, mape: number | undefined, limit: number): SpeculativeVerdict => ({
    target: `${what} <= ${limit} %`,
    seen: `${mape?.toFixed(2)} %`,
    pass: mape !== undefined && mape <= limit,
  });
  return [
    {
      target: `identified costs of a proposal inside their 90 % intervals: ${least} to ${most} %`,
      seen: `${inside.toFixed(0)} % of ${known.length}`,
      pass: inside >= least && inside <= most,
    },
    within('TPOT of an unseen number of proposed tokens', speculative.tpot_ms?.mape, LIMITS.tpot_mape),
    within('TTFT of an unseen number of proposed tokens', speculative.ttft_ms?.mape, LIMITS.ttft_mape),
    within('TPOT of cached prompts', cached.tpot_ms?.mape, LIMITS.tpot_mape),
    within('TTFT of cached prompts', cached.ttft_ms?.mape, LIMITS.ttft_mape),
  ];
}

function draftRow(results: readonly SpeculativeResult[], name: (typeof DRAFT_NAMES)[number]): string {
  const own = results.flatMap(({ drafts }) => drafts.filter((one) => one.name === name));
  const known = own.filter((one) => one.known);
  const off = median(known.map(({ ratio }) => 100 * Math.abs(Math.log(ratio))));
  return `  ${name.padEnd(18)} identified ${known.length} of ${own.length}  median error ${off?.toFixed(1) ?? '-'} %  inside ${known.filter((one) => one.inside).length}`;
}
