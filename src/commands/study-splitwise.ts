import { join } from 'node:path';
import { type SplitwiseTable, splitwiseTables } from '../cost/study/splitwise.ts';
import {
  type MachineSplit,
  machineSplits,
  type SplitwiseClaim,
  splitwiseClaims,
} from '../cost/study/splitwise-claims.ts';
import { H100_MACHINES, MACHINE_COSTS } from '../cost/study/splitwise-setup.ts';
import { readFit } from '../fitfile/read.ts';
import type { Style } from '../report/style.ts';
import { stackSvg } from '../report/svg.ts';
import { barChart } from '../report/svg-bars.ts';
import { renderTable } from '../report/text-table.ts';
import { PUBLISHED_FITS } from './published-fits.ts';
import { right, type Study, verdictText, wrapped } from './study-shared.ts';

/** Models whose prompts and tokens Splitwise measured; its clusters serve the first. */
const MODELS = ['bigscience-bloom', 'meta-llama-llama-2-70b-hf'] as const;
const FITS = MODELS.map((model) =>
  ['a100-80-sxm', 'h100-sxm'].map((device) => `${device}/${model}/vllm-unknown-bf16.fit.json`),
);
const DRAWS = 200;

interface Splitwise {
  readonly tables: readonly SplitwiseTable[];
  readonly claims: readonly SplitwiseClaim[];
  readonly machine_splits: readonly MachineSplit[];
}

/** Splitwise's comparison of A100 and H100 machines, re-derived. */
export async function splitwiseStudy(): Promise<Study> {
  const models = await Promise.all(
    FITS.map((files) => Promise.all(files.map((file) => readFit(join(PUBLISHED_FITS, file))))),
  );
  const tables = models.flatMap((fits) => splitwiseTables(fits, DRAWS));
  const study: Splitwise = {
    tables,
    claims: splitwiseClaims(tables, models),
    machine_splits: machineSplits(tables),
  };
  return { json: study, text: (style) => textOf(study, style), svg: () => svgOf(study) };
}

const DESIGNS = ['AA', 'AH', 'HA', 'HH', 'A', 'H'] as const;
const DESIGN_NAMES: Readonly<Record<(typeof DESIGNS)[number], string>> = {
  AA: 'AA',
  AH: 'AH',
  HA: 'HA',
  HH: 'HH',
  A: 'A, mixed',
  H: 'H, mixed',
};
const shortName = (model: string): string => model.replace(/^.*\//, '');

function textOf({ tables, claims, machine_splits }: Splitwise, style: Style): string {
  const [a100, h100] = MACHINE_COSTS.power;
  const [a100Usd, h100Usd] = MACHINE_COSTS.cost;
  return [
    style.bold(`Clusters as ${H100_MACHINES} H100 machines: equal rated power, or equal cost`),
    wrapped(
      `HA: prompts on H100, tokens on A100. A machine has 8 devices: A100 ${a100} kW and $${a100Usd!.toFixed(2)}/h, H100 ${h100} kW and $${h100Usd!.toFixed(2)}/h. Nine limits: TTFT, TPOT and end to end at p50, p90 and p99 as slowdowns of a request alone on A100. Poisson arrivals at the traces' median lengths. From fits of Splitwise's own measurements; columns of machines are prompt:token. -: too far outside what was measured for an interval.`,
    ),
    ...tables
      .filter(({ equal_in }) => equal_in === 'power')
      .flatMap((power) => {
        const cost = tables.find(
          (one) => one.equal_in === 'cost' && one.model === power.model && one.trace === power.trace,
        )!;
        return ['', ...clusterTable(power, cost, style)];
      }),
    '',
    style.bold('Published ratios'),
    claimTable(claims, style),
    ...claims.filter(({ verdict }) => verdict === 'does not reproduce').map(neededLine),
    wrapped(
      'S3 names A as its baseline; at its prices nothing with H100 costs less than A at equal power, so H is meant.',
    ),
    ...machine_splits.map(({ design, trace, published, by_model }) =>
      wrapped(
        `${design}, ${trace}: ${published.join(' prompt and ')} token machines published; ${by_model.map((one) => (one ? `${one.prompt} and ${one.token}` : 'none')).join(', ')} here.`,
      ),
    ),
    wrapped(
      'The limits follow A100: H100, faster alone, has more room for prompts between tokens, so its mixed machines lose less than Splitwise says. Not modelled: machines that change pools, spread of lengths. Power-capped H100 are left out: their rows were not measured. Nothing was tuned towards the published ratios.',
    ),
  ].join('\n');
}

function clusterTable(power: SplitwiseTable, cost: SplitwiseTable, style: Style): string[] {
  const cells = (table: SplitwiseTable, design: (typeof DESIGNS)[number], over: 'A' | 'H') => {
    const row = table.rows.find((one) => one.design === design)!;
    const { gain, uncertainty } = row.over[over];
    return [
      machinesText(row.machines),
      row.requests_per_s?.toFixed(0) ?? 'unmet',
      gain?.toFixed(2) ?? '-',
      design === over || uncertainty === null ? '-' : spanText(uncertainty.benefit_90),
    ];
  };
  const { trace, model } = power;
  return [
    `${shortName(model)}, ${trace.name} (${trace.input} in, ${trace.output} out)`,
    renderTable({
      style,
      columns: [
        { title: 'design' },
        right('at equal', 'power'),
        right('req/s'),
        right('over A'),
        right('90 %'),
        right('at equal', 'cost'),
        right('req/s'),
        right('over H'),
        right('90 %'),
      ],
      rows: DESIGNS.map((design) => [
        DESIGN_NAMES[design],
        ...cells(power, design, 'A'),
        ...cells(cost, design, 'H'),
      ]),
    }),
  ];
}

const machinesText = (machines: SplitwiseTable['rows'][number]['machines']): string => {
  if (machines === null) return '-';
  return machines.prompt === 0 ? `${machines.token}` : `${machines.prompt}:${machines.token}`;
};
const spanText = (ends: readonly [number, number]): string =>
  ends.map((end) => (end > 0 && Number.isFinite(end) ? end.toFixed(1) : 'unmet')).join('-');

const claimTable = (claims: readonly SplitwiseClaim[], style: Style): string =>
  renderTable({
    style,
    columns: [
      { title: 'claim' },
      right('publ.'),
      right('BLOOM'),
      right('Llama'),
      right('90 %'),
      { title: 'holds' },
    ],
    rows: claims.map(({ id, claim, published, by_model, interval_90, verdict }) => [
      `${id} ${claim}`,
      published.toFixed(2),
      ...by_model.map((gain) => gain?.toFixed(2) ?? 'unmet'),
      interval_90 ? interval_90.map((end) => end.toFixed(2)).join('-') : '-',
      verdictText(verdict),
    ]),
  });

function neededLine({ id, needed }: SplitwiseClaim): string {
  const shares = needed.map(
    ({ model, baseline_throughput }) => `${baseline_throughput?.toFixed(2) ?? '?'} (${shortName(model)})`,
  );
  const limits = needed.flatMap(({ token_limits }) => token_limits ?? []);
  const looser =
    limits.length === 0
      ? 'no factor on the limits between tokens gives it'
      : `or limits between tokens x${limits.map((one) => one.toFixed(2)).join(' and x')}`;
  return wrapped(
    `For ${id}, mixed H100 machines would have to serve only ${shares.join(' and ')} of what the fits give them; ${looser}.`,
  );
}

const svgOf = ({ tables }: Splitwise): string =>
  stackSvg(
    'ridge study splitwise',
    tables.map(({ model, trace, equal_in, rows }) => {
      const over = equal_in === 'power' ? 'A' : 'H';
      return barChart({
        title: `${shortName(model)}, ${trace.name}, equal ${equal_in}`,
        axis: `requests/s over those of mixed ${over === 'A' ? 'A100' : 'H100'} machines (90 % interval)`,
        groups: ['prompt::token machines', 'mixed machines'],
        mark: 1,
        bars: rows.flatMap(({ design, over: gains }) => {
          const { gain, uncertainty } = gains[over];
          if (gain === null) return [];
          const interval = design === over ? null : (uncertainty?.benefit_90 ?? null);
          return [{ label: design, value: gain, interval, group: design.length === 2 ? 0 : 1 }];
        }),
      });
    }),
  );
