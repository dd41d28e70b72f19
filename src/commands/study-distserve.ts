import { join } from 'node:path';
import { type DistServeRow, distserveRows } from '../cost/study/distserve.ts';
import { readFit } from '../fitfile/read.ts';
import type { Style } from '../report/style.ts';
import { stackSvg } from '../report/svg.ts';
import { barChart } from '../report/svg-bars.ts';
import { renderTable } from '../report/text-table.ts';
import { PUBLISHED_FITS } from './published-fits.ts';
import { right, type Study, wrapped } from './study-shared.ts';

/** The device and the engine of that time, and an engine of today on the next device; neither serves OPT. */
const FITS = [
  'a100-80-sxm/bigscience-bloom/vllm-unknown-bf16.fit.json',
  'h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json',
] as const;
const DRAWS = 200;

interface Carried {
  readonly fit: string;
  readonly rows: readonly DistServeRow[];
}

/** DistServe's comparison of split and mixed phases, re-derived. */
export async function distserveStudy(): Promise<Study> {
  const fits = await Promise.all(FITS.map((file) => readFit(join(PUBLISHED_FITS, file))));
  const carried = fits.map((fit): Carried => ({ fit: fit.id, rows: distserveRows(fit, DRAWS) }));
  return {
    json: { fits: carried },
    text: (style) => textOf(carried, style),
    svg: () => svgOf(carried),
  };
}

const textOf = (carried: readonly Carried[], style: Style): string =>
  [
    style.bold('Goodput gained by splitting the phases: OPT on A100, 16 bits, p90 limits'),
    wrapped(
      'Requests/s a device, split over mixed. then: mixed as vLLM was set up there, a step of its own for every prompt, for which decodes wait; now: prompts in pieces beside decodes, best TP size. Poisson arrivals, lengths at their means, caches over NVLink, equal devices, so the price does not matter.',
    ),
    ...carried.flatMap(({ fit, rows }) => ['', ...fitTable(fit, rows, style)]),
    '',
    ...neededLines(carried),
    wrapped(
      'Published ratios compare two engines; these compare two ways of running one. With prompts in pieces splitting gains little here, and loses where idle time in two pools costs more than prompts between decodes. Nothing was tuned towards the published ratios.',
    ),
  ].join('\n');

const publishedText = ([low, high]: DistServeRow['published']): string =>
  low === high ? low.toFixed(1) : `${low.toFixed(1)}-${high.toFixed(1)}`;
const nameOf = ({ name, model }: DistServeRow): string => `${name}, ${model.slice(4).toUpperCase()}`;
const ends = (interval: readonly [number, number] | undefined): string =>
  interval ? interval.map((end) => (Number.isFinite(end) ? end.toFixed(1) : 'unmet')).join('-') : '-';

const fitTable = (fit: string, rows: readonly DistServeRow[], style: Style): string[] => [
  wrapped(`By the fit '${fit}', carried to A100 and OPT`),
  renderTable({
    style,
    columns: [
      { title: 'workload' },
      right('split', 'req/s'),
      right('then', 'req/s'),
      right('now', 'req/s'),
      right('gain', 'publ.'),
      right('gain', 'then'),
      right('', '90 %'),
      right('gain', 'now'),
      { title: 'holds' },
    ],
    rows: rows.map((row) => [
      nameOf(row),
      row.split?.requests_per_s_per_device.toFixed(2) ?? 'unmet',
      row.mixed_then?.requests_per_s_per_device.toFixed(2) ?? 'unmet',
      row.mixed_now?.requests_per_s_per_device.toFixed(2) ?? 'unmet',
      publishedText(row.published),
      row.gain_then?.toFixed(2) ?? '-',
      ends(row.uncertainty?.benefit_90),
      row.gain_now?.toFixed(2) ?? '-',
      SHORT[row.verdict],
    ]),
  }),
];

const SHORT: Readonly<Record<DistServeRow['verdict'], string>> = {
  reproduces: 'yes',
  'inside the interval': 'inside',
  'does not reproduce': 'no',
  unclear: 'unclear',
};

/** What would have to be true for the ratios that no fit gives. */
function neededLines(carried: readonly Carried[]): string[] {
  const rows = carried[0]!.rows.map((_, index) => carried.map(({ rows: all }) => all[index]!));
  const missed = rows.filter((one) => one.every(({ verdict }) => verdict === 'does not reproduce'));
  return missed.map((one) => {
    const shares = one.flatMap(({ mixed_share_needed }) => mixed_share_needed ?? []);
    return wrapped(
      `${nameOf(one[0]!)}: for ${one[0]!.published[0].toFixed(1)}x the mixed servers would have to serve ${shares.map((share) => share.toFixed(2)).join(' and ')} of what the fits give them.`,
    );
  });
}

const svgOf = (carried: readonly Carried[]): string =>
  stackSvg(
    'ridge study distserve',
    carried.map(({ fit, rows }) =>
      barChart({
        title: `Goodput split over mixed, by '${fit}'`,
        axis: 'requests/s a device, split over mixed (90 % interval)',
        groups: ['mixed as then', 'mixed as now', 'published'],
        mark: 1,
        bars: rows.flatMap((row) => {
          const bar = (value: number | null, group: number, interval: readonly [number, number] | null) =>
            value === null ? [] : [{ label: nameOf(row), value, interval, group }];
          return [
            ...bar(row.gain_then, 0, row.uncertainty?.benefit_90 ?? null),
            ...bar(row.gain_now, 1, null),
            ...bar(row.published[0], 2, row.published),
          ];
        }),
      }),
    ),
  );
