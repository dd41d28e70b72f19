import { rangeOf, type StudyRow } from '../cost/study/benefits.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { fittedText } from './study-fits-text.ts';
import {
  basisText,
  type Reference2025,
  right,
  SHOWN_PAIRS,
  shapeText,
  span,
  verdictText,
  wrapped,
} from './study-shared.ts';

/** The study for people. */
export function studyText(study: Reference2025, style: Style): string {
  return [
    style.bold('Cost benefit over H100::H100, the same efficiency on every device'),
    wrapped(
      'Range over Llama 3 8B and 70B in FP8 and FP16; dense peaks; lat: TTFT 250 ms and TBT 20 ms without queues; thr: no limit; devices in fractions.',
    ),
    uniformTable(study.uniform, style),
    '',
    style.bold('Published ratios'),
    claimTable(study, style),
    wrapped(
      `C6, the best of all ordered pairs on the stated basis (4 models, 2 shapes, 2 limits): ${study.best_pairs.map(({ pair, times }) => `${pair} ${times}`).join(', ')} times.`,
    ),
    ...study.cheapest_prefill
      .filter(({ model }) => model.startsWith('70B'))
      .map(({ model, usd_per_kwh, order }) =>
        wrapped(`C4, C8, cheapest prefill of ${model} at $${usd_per_kwh}/kWh: ${order.join(' < ')}.`),
      ),
    '',
    style.bold('What would have to be true (512/4096, throughput)'),
    neededTable(study, style),
    ...study.free_decode.map(({ model, prefill_share, ceiling }) =>
      wrapped(
        `4096/512, ${model}: prefill is ${formatPercent(prefill_share)} of H100::H100; B200 prefill with decode for nothing would gain ${formatNumber(ceiling, 2)}x, not 3x.`,
      ),
    ),
    ...reconstructionLines(study),
    ...study.fitted.flatMap((one) => ['', ...fittedText(one, style)]),
    '',
    wrapped(
      "other: on another basis; inside: within the fits' 90 % intervals; 0.0, any: in some draws the limits are not met, by the pair or by H100::H100; -: outside what was measured.",
    ),
    wrapped('Nothing was tuned towards the published ratios.'),
  ].join('\n');
}

function uniformTable(rows: readonly StudyRow[], style: Style): string {
  return renderTable({
    style,
    columns: [
      { title: 'cost basis' },
      { title: 'in/out' },
      ...SHOWN_PAIRS.map(([, title, unit]) => right(title, unit)),
    ],
    rows: rows.map((row) => [
      basisText(row.basis),
      shapeText(row),
      ...SHOWN_PAIRS.map(([pair]) => span(rangeOf(row, pair))),
    ]),
  });
}

const claimTable = ({ claims }: Reference2025, style: Style): string =>
  renderTable({
    style,
    columns: [{ title: 'claim' }, right('publ.'), right('stated'), right('most'), { title: 'holds' }],
    rows: claims.map(({ id, claim, published, stated, most, verdict }) => [
      `${id} ${claim}`,
      published.toFixed(1),
      span(stated),
      most.value.toFixed(2),
      verdictText(verdict),
    ]),
  });

const neededTable = ({ needed }: Reference2025, style: Style): string =>
  renderTable({
    style,
    columns: [
      { title: 'cost basis' },
      right('$/h of G3, B200', 'over H100'),
      right('4x on G3', 'decode'),
      right('relative', 'efficiency'),
      right('2.5x on B200', 'decode'),
      right('relative', 'efficiency'),
    ],
    rows: needed.map((one) => [
      basisText(one.basis),
      `${one.cost_ratio.gaudi3.toFixed(3)}, ${one.cost_ratio.b200.toFixed(3)}`,
      one.gaudi3_decode,
      one.gaudi3_relative_efficiency,
      one.b200_decode,
      one.b200_relative_efficiency,
    ]),
  });

const RECONSTRUCTED = ['b200-sxm::gaudi3', 'b200-sxm::b200-sxm', 'h100-sxm::gaudi3'] as const;

/** One way in which every published ratio comes out, and what it rests on. */
function reconstructionLines({ reconstruction }: Reference2025): string[] {
  return [
    wrapped(
      'One set of assumptions, not the only one, gives 3x to 4x: B200 FP8 credited its sparse 9000 TFLOP/s against the dense 1979 of H100, H100 decode at 0.57 of the efficiency of the others, and power for nothing (FP8, throughput):',
    ),
    ...reconstruction.map(({ basis, shape, by_pair }) =>
      wrapped(
        `  ${basis}, ${shape.input}/${shape.output}: ${RECONSTRUCTED.map((pair) => `${pair} ${span(by_pair[pair]!)}`).join(', ')}`,
      ),
    ),
    wrapped('The published 3x to 4x rest on what was fitted for the H100 baseline, which was not published.'),
  ];
}
