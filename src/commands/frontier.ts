import { parseArgs } from 'node:util';
import { allAccelerators } from '../accelerator/catalogue.ts';
import type { Command } from '../cli.ts';
import type { CostBasis } from '../cost/basis.ts';
import { type FrontierDevice, type FrontierPoint, frontier, peakPoint } from '../cost/frontier.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { readFit } from '../fitfile/read.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { ComputeFormat } from '../model/card.ts';
import { type Style, styleFor } from '../report/style.ts';
import { type Chart, stackSvg } from '../report/svg.ts';
import { type PointSeries, pointChart } from '../report/svg-points.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { basisFlag } from './basis-flag.ts';
import { neededFlag } from './compare-flags.ts';
import { writeSvg } from './compare-svg.ts';
import { oneOfFlag, optionalFlag, positiveFlag } from './flags.ts';

const help = `usage: ridge frontier [FIT...] --basis NAME|FILE [--format bf16|fp8|fp4]
    [--tariff USD] [--svg FILE] [--json]

Prints what accelerators cost for their compute and for their memory bandwidth:
dense peaks of the catalogue's entries that the basis prices, and what fits
reached beside them. A * marks the frontier: nothing of its kind (peak or
fitted) is at once cheaper a unit and larger.

  --basis NAME|FILE  see ridge compare --help
  --format FORMAT    of compute; default fp8. A device without units for it is
                     counted at its bf16 rate, as its row says. Fits count at
                     their own format.
  --tariff USD       $/kWh instead of the basis' own
  --svg FILE         price a TFLOP/s against TFLOP/s, and the same of bandwidth
  --json             the points on stdout: keys in fits/comparing.md

Example:
  ridge frontier fits/*/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json \\
      --basis inferencex-hyperscaler --svg frontier.svg`;

const options = {
  basis: { type: 'string' },
  format: { type: 'string' },
  tariff: { type: 'string' },
  svg: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const FORMATS = ['bf16', 'fp8', 'fp4'] as const satisfies readonly ComputeFormat[];

function fittedPoint(fit: Fit, basis: CostBasis): FrontierDevice {
  const { accelerator, parameters, model_card, engine } = fit;
  return {
    name: `${accelerator.id} ${model_card.id.split('/').at(-1)} ${model_card.precision} ${engine.name}`,
    accelerator: accelerator.id,
    kind: 'fitted',
    compute_format: model_card.compute_format,
    flop_per_s: parameters.gemm_flop_per_s!.value,
    bytes_per_s: parameters.memory_bytes_per_s!.value,
    usd_per_h: basis.costOf(accelerator).usd_per_h,
  };
}

function frontierText(
  points: readonly FrontierPoint[],
  basis: CostBasis,
  format: string,
  style: Style,
): string {
  const right = (title: string, unit: string) => ({ title, unit, align: 'right' }) as const;
  const number = (value: number, best: boolean): string => `${value.toPrecision(3)}${best ? ' *' : '  '}`;
  return [
    wrapLines(
      `cost basis ${basis.name} (${basis.date}): ${basis.includes}; excludes ${basis.excludes}`,
      REPORT_COLUMNS,
    ),
    '',
    renderTable({
      style,
      width: REPORT_COLUMNS,
      columns: [
        { title: 'accelerator' },
        { title: 'what' },
        right('compute', 'TFLOP/s'),
        right('$/h a', 'PFLOP/s'),
        right('memory', 'TB/s'),
        right('$/h a', 'TB/s'),
        right('device', '$/h'),
      ],
      rows: points.map((one) => [
        one.name,
        one.kind === 'fitted' ? 'fit' : one.compute_format,
        one.tflops,
        number(one.usd_per_h_per_pflops, one.on_compute_frontier),
        one.tb_per_s,
        number(one.usd_per_h_per_tb_per_s, one.on_bandwidth_frontier),
        one.usd_per_h,
      ]),
    }),
    '',
    ...(points.some(({ kind, compute_format }) => kind === 'dense_peak' && compute_format !== format)
      ? [`bf16: the device has no units for ${format}, its bf16 rate is counted`]
      : []),
    wrapLines(
      '* on the frontier of its kind. Peaks are dense; sparse figures would halve the price a TFLOP/s. Fitted compute is that of the dense GEMMs.',
      REPORT_COLUMNS,
    ),
  ].join('\n');
}

const KINDS = [
  ['dense_peak', 'dense peaks'],
  ['fitted', 'fitted'],
] as const;

function chartOf(
  points: readonly FrontierPoint[],
  title: string,
  axis: { readonly x: string; readonly y: string },
  at: (point: FrontierPoint) => readonly [x: number, y: number],
  onFrontier: (point: FrontierPoint) => boolean,
): Chart {
  return pointChart({
    title,
    ...axis,
    series: KINDS.flatMap(([kind, name]): PointSeries[] => {
      const own = points.filter((one) => one.kind === kind);
      if (own.length === 0) return [];
      const placed = own.map((one) => ({ label: one.name, x: at(one)[0], y: at(one)[1] }));
      const best = own
        .filter(onFrontier)
        .map((one) => ({ label: '', x: at(one)[0], y: at(one)[1] }))
        .sort((a, b) => a.x - b.x);
      return [
        { name, joined: false, hollow: kind === 'fitted', points: placed },
        { name: `frontier, ${name}`, joined: true, broad: true, points: best },
      ];
    }),
  });
}

const frontierSvg = (points: readonly FrontierPoint[], basis: CostBasis, format: string): string =>
  stackSvg('ridge frontier', [
    chartOf(
      points,
      `Price of compute (dense ${format}), ${basis.name}`,
      { x: 'TFLOP/s a device', y: '$/h a PFLOP/s' },
      (one) => [one.tflops, one.usd_per_h_per_pflops],
      (one) => one.on_compute_frontier,
    ),
    chartOf(
      points,
      `Price of memory bandwidth, ${basis.name}`,
      { x: 'TB/s a device', y: '$/h a TB/s' },
      (one) => [one.tb_per_s, one.usd_per_h_per_tb_per_s],
      (one) => one.on_bandwidth_frontier,
    ),
  ]);

export const command: Command = {
  summary: 'print the price of compute and bandwidth, peak and fitted',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const tariff = optionalFlag(flags.tariff, (text) => positiveFlag('tariff', text));
    const basis = await basisFlag(neededFlag('basis', flags.basis, 'frontier'), tariff);
    const format = oneOfFlag('format', flags.format ?? 'fp8', FORMATS);
    const fits = await Promise.all(positionals.map(readFit));
    const points = frontier([
      ...allAccelerators().flatMap((one) => peakPoint(one, format, basis) ?? []),
      ...fits.map((fit) => fittedPoint(fit, basis)),
    ]);
    if (points.length === 0) {
      throw new RidgeError(`'${basis.name}' prices no accelerator of the catalogue`, {
        mend: 'List devices in the basis file, or set catalogue_prices: true.',
      });
    }
    if (flags.svg !== undefined) await writeSvg(flags.svg, frontierSvg(points, basis, format));
    console.log(
      flags.json
        ? JSON.stringify({ basis: basis.name, format, convention: 'dense', points }, null, 2)
        : frontierText(points, basis, format, styleFor(process.stdout)),
    );
    return EXIT.done;
  },
};
