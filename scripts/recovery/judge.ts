import { renderTable } from '../../src/report/text-table.ts';
import type { ParameterName } from '../../src/roofline/parameters.ts';
import type { Recovered, SeedResult } from './one-seed.ts';

const NEEDED_PARAMETERS = 6;
const NEEDED_SEED_SHARE = 18 / 20;
const LARGEST_WIDTH = 0.5;
const POOLED_COVERAGE = [80, 97] as const;
const LEAST_COVERAGE = 60;

const isIdentified = (one: Recovered): boolean => one.state === 'identified';
const percent = (part: number, whole: number): number => (whole === 0 ? Number.NaN : (100 * part) / whole);

/** Parameters that count for a seed: identified, with an interval at most half as wide as the prior's. */
const counting = (result: SeedResult): number =>
  result.recovered.filter((one) => isIdentified(one) && one.width <= LARGEST_WIDTH).length;

const namesOf = (results: readonly Pick<SeedResult, 'recovered'>[]): ParameterName[] =>
  (results[0]?.recovered ?? []).map(({ name }) => name);

export function recoveryTable(seeds: readonly Pick<SeedResult, 'recovered'>[]): string {
  const results = seeds.filter(({ recovered }) => recovered.length > 0);
  const rows = namesOf(results).map((name) => {
    const all = results.map((result) => result.recovered.find((one) => one.name === name)!);
    const identified = all.filter(isIdentified);
    const states = (state: string): string => String(all.filter((one) => one.state === state).length);
    const errors = identified.map((one) => 100 * Math.abs(one.ratio - 1)).sort((a, b) => a - b);
    return [
      name,
      String(identified.length),
      states('prior_dominated'),
      states('at_bound'),
      String(identified.filter((one) => one.inside).length),
      percent(identified.filter((one) => one.inside).length, identified.length),
      Math.max(0, ...identified.map((one) => one.width)),
      errors[Math.floor(errors.length / 2)] ?? null,
    ];
  });
  return renderTable({
    columns: [
      { title: 'parameter' },
      { title: 'identified', align: 'right' },
      { title: 'prior only', align: 'right' },
      { title: 'at bound', align: 'right' },
      { title: 'inside', align: 'right' },
      { title: 'coverage', unit: '%', align: 'right' },
      { title: 'widest', unit: 'of prior', align: 'right' },
      { title: 'median error', unit: '%', align: 'right' },
    ],
    rows,
  });
}

export interface Verdict {
  readonly target: string;
  readonly seen: string;
  readonly pass: boolean;
}

/** The targets that recovery is judged by. */
export function judge(results: readonly SeedResult[]): Verdict[] {
  const everything = results.flatMap((result) => result.recovered);
  const identified = everything.filter(isIdentified);
  const far = everything.filter((one) => one.distance > 1).length;
  const good = results.filter((result) => counting(result) >= NEEDED_PARAMETERS).length;
  const pooled = percent(identified.filter((one) => one.inside).length, identified.length);
  const byParameter = namesOf(results).map((name) => {
    const own = identified.filter((one) => one.name === name);
    return { name, coverage: percent(own.filter((one) => one.inside).length, own.length) };
  });
  const worst = byParameter.reduce((a, b) => (b.coverage < a.coverage ? b : a));
  return [
    {
      target: 'at least half of the truths more than one prior sd from the centre',
      seen: `${far} of ${everything.length}`,
      pass: 2 * far >= everything.length,
    },
    {
      target: `at least ${NEEDED_PARAMETERS} of 8 parameters identified in 90 % of the seeds, intervals at most half the prior's`,
      seen: `${good} of ${results.length} seeds`,
      pass: good >= NEEDED_SEED_SHARE * results.length,
    },
    {
      target: `${POOLED_COVERAGE.join(' to ')} % of the 90 % intervals contain the truth, pooled`,
      seen: `${pooled.toFixed(1)} % of ${identified.length}`,
      pass: pooled >= POOLED_COVERAGE[0] && pooled <= POOLED_COVERAGE[1],
    },
    {
      target: `no parameter under ${LEAST_COVERAGE} %`,
      seen: `${worst.name} ${worst.coverage.toFixed(0)} %`,
      pass: worst.coverage >= LEAST_COVERAGE,
    },
  ];
}
