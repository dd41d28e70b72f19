import { writeFile } from 'node:fs/promises';
import type { CompareQuestion, Comparison } from '../cost/compare.ts';
import type { ComparedDevice, CompareRow } from '../cost/compare-row.ts';
import { TRANSFER_MODES } from '../cost/transfer.ts';
import { pairTransferSeconds } from '../cost/transfer-rules.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { type Chart, stackSvg } from '../report/svg.ts';
import { barChart } from '../report/svg-bars.ts';
import { type PointSeries, pointChart } from '../report/svg-points.ts';

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

const KINDS = ['pair', 'aggregated'] as const;

/** Benefits as bars, throughput a device against speed a user with its Pareto front, and KV transfer by prompt length. */
export function comparisonSvg(
  comparison: Comparison,
  rows: readonly CompareRow[],
  devices: readonly ComparedDevice[],
  question: CompareQuestion,
): string {
  const { workload, basis } = question;
  const shape = `${workload.input}/${workload.output}`;
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
    paretoChart(comparison.rows, shape),
    ...transferChart(rows, devices, question),
  ]);
}

function paretoChart(rows: readonly CompareRow[], shape: string): Chart {
  const point = (row: CompareRow, label: string) => ({
    label,
    x: row.output_tokens_per_s_per_user,
    y: row.output_tokens_per_s_per_device,
  });
  const front = paretoFront(rows);
  return pointChart({
    title: `Throughput a device against speed a user, ${shape}`,
    x: 'output tokens/s a user',
    y: 'output tokens/s a device',
    series: [
      { name: 'cheapest plan of each option', joined: false, points: rows.map((row) => point(row, '')) },
      { name: 'Pareto front', joined: true, points: front.map((row) => point(row, row.name)) },
    ],
  });
}

/** Options that no other beats both a device and a user, the fastest for users last. */
export function paretoFront(rows: readonly CompareRow[]): CompareRow[] {
  const sorted = [...rows].sort(
    (a, b) =>
      b.output_tokens_per_s_per_user - a.output_tokens_per_s_per_user ||
      b.output_tokens_per_s_per_device - a.output_tokens_per_s_per_device,
  );
  let highest = 0;
  return sorted
    .filter((row) => {
      const better = row.output_tokens_per_s_per_device > highest;
      highest = Math.max(highest, row.output_tokens_per_s_per_device);
      return better;
    })
    .reverse();
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
        const exposed = pairTransferSeconds({ ...transfer, mode }, prefill, decode, { tokens, seconds });
        return { label: '', x: tokens, y: 1e3 * exposed };
      }),
    }),
  );
  return [
    pointChart({
      title: `KV transfer of ${best.name}, on the second token (computed)`,
      x: 'prompt, tokens',
      y: 'exposed, ms',
      series,
    }),
  ];
}
