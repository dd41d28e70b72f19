import { writeFile } from 'node:fs/promises';
import type { CompareQuestion, Comparison } from '../cost/compare.ts';
import type { ComparedDevice, CompareRow } from '../cost/compare-row.ts';
import { type ParetoPoint, paretoCurves } from '../cost/pareto.ts';
import { TRANSFER_MODES } from '../cost/transfer.ts';
import { pairTransfer } from '../cost/transfer-rules.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { type Chart, stackSvg } from '../report/svg.ts';
import { barChart } from '../report/svg-bars.ts';
import { type PointSeries, pointChart } from '../report/svg-points.ts';
import { tornadoChart } from '../report/svg-tornado.ts';
import { mostTold, tornadoRows } from './compare-tornado.ts';

/**
 * Writes a chart where the user said.
 * @throws RidgeError: exit 2 for a name that is no `.svg`, exit 3 when it cannot be written
 */
export async function writeSvg(file: string, svg: string): Promise<void> {
  if (!file.toLowerCase().endsWith('.svg')) {
    throw new RidgeError(`--svg: '${file}' does not end in .svg`, { mend: 'Name a new .svg file.' });
  }
  try {
    await writeFile(file, svg);
  } catch (cause) {
    throw new RidgeError(`cannot write: ${(cause as NodeJS.ErrnoException).code}`, {
      where: file,
      exitCode: EXIT.failed,
      mend: 'Give another --svg.',
      cause,
    });
  }
}

const shapeText = ({ input, output, mix }: CompareQuestion['workload']): string =>
  mix ? 'trace' : `${input}/${output}`;

const KINDS = ['pair', 'aggregated'] as const;

/** Benefits as bars, what moves the best one, throughput a device against speed a user, and KV transfer by prompt length. */
export function comparisonSvg(
  comparison: Comparison,
  rows: readonly CompareRow[],
  devices: readonly ComparedDevice[],
  question: CompareQuestion,
): string {
  const { workload, basis } = question;
  const shape = shapeText(workload);
  const bars = barChart({
    title: `Cost benefit over ${comparison.baseline}, ${shape}, ${basis.name}`,
    axis: `$ a request of ${comparison.baseline} over $ a request (90 % interval)`,
    groups: ['disaggregated', 'aggregated'],
    mark: 1,
    bars: rows.flatMap(({ name, benefit, uncertainty, kind }) =>
      benefit === null
        ? []
        : [
            {
              label: name,
              value: benefit,
              interval: uncertainty?.benefit_90 ?? null,
              group: KINDS.indexOf(kind),
            },
          ],
    ),
  });
  return stackSvg(`ridge compare ${shape}`, [
    bars,
    ...sensitivityChart(rows, comparison.baseline),
    paretoChart(rows, devices, question),
    ...transferChart(rows, devices, question),
  ]);
}

/** What moves the gain of the first option that is compared with the baseline, as a tornado. */
function sensitivityChart(rows: readonly CompareRow[], baseline: string): Chart[] {
  const best = mostTold(rows, baseline);
  if (best === undefined) return [];
  return [
    tornadoChart({
      title: `What moves the gain of ${best.name}, its plan kept`,
      axis: `$ a request of ${baseline} over $ a request`,
      centre: best.benefit!,
      ends: ['input at its lower end', 'at its higher end'],
      rows: tornadoRows(best),
    }),
  ];
}

/** Most options with a line of their own. */
const MOST_CURVES = 5;

function paretoChart(
  rows: readonly CompareRow[],
  devices: readonly ComparedDevice[],
  question: CompareQuestion,
): Chart {
  const { all, curves } = paretoCurves(devices, question);
  const shown = rows
    .slice(0, MOST_CURVES)
    .flatMap(({ name }) => curves.find((one) => one.name === name) ?? []);
  const pointsOf = (points: readonly ParetoPoint[]) =>
    points.map((one) => ({
      label: '',
      x: one.output_tokens_per_s_per_user,
      y: one.output_tokens_per_s_per_device,
    }));
  return pointChart({
    title: `Throughput a device against speed a user, ${shapeText(question.workload)}, over limits on TPOT`,
    x: 'output tokens/s a user',
    y: 'output tokens/s a device',
    series: [
      { name: 'Pareto front of all options', joined: true, broad: true, points: pointsOf(all) },
      ...shown.map(({ name, points }) => ({ name, joined: true, points: pointsOf(points) })),
    ],
  });
}

const PROMPTS = [512, 1024, 2048, 4096, 8192, 16_384, 32_768];

/** Exposed transfer time of the best pair by prompt length, in both modes. */
function transferChart(
  rows: readonly CompareRow[],
  devices: readonly ComparedDevice[],
  { rules }: CompareQuestion,
): Chart[] {
  const best = rows.find(({ kind }) => kind === 'pair');
  const { transfer } = rules;
  if (best === undefined || transfer === null) return [];
  const sideOf = (label: string, tp: number) => ({
    source: devices.find(({ source }) => source.central.label === label)!.source.central,
    tp,
  });
  const prefill = sideOf(best.prefill, best.plan.prefill_tp);
  const decode = sideOf(best.decode, best.plan.decode_tp);
  const series = TRANSFER_MODES.map(
    (mode): PointSeries => ({
      name: mode.replace('_', '-'),
      joined: true,
      points: PROMPTS.map((tokens) => {
        const seconds = prefill.source.prefillSeconds(prefill.tp, 1, tokens);
        const { exposed_s } = pairTransfer({ ...transfer, mode }, prefill, decode, { tokens, seconds });
        return { label: '', x: tokens, y: 1e3 * exposed_s };
      }),
    }),
  );
  return [
    pointChart({
      title: `KV transfer of ${best.name}, on the second token (computed)`,
      x: 'prompt, tokens',
      y: 'exposed, ms',
      scale: 'log',
      series,
    }),
  ];
}
