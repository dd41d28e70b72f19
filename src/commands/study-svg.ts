import type { StudyRow } from '../cost/study/benefits.ts';
import { stackSvg } from '../report/svg.ts';
import { barChart } from '../report/svg-bars.ts';
import { type Reference2025, SHOWN_PAIRS } from './study-shared.ts';

/** Bars of the stated basis as the study shows them: by pair and model, for each shape and limit. */
export const studySvg = ({ uniform }: Reference2025): string =>
  stackSvg(
    'ridge study reference-2025',
    uniform.filter(({ basis }) => basis === 'asgar2025-stated').map(chartOf),
  );

function chartOf({ shape, limit, by_model }: StudyRow) {
  const models = Object.keys(by_model);
  return barChart({
    title: `Cost benefit over H100::H100, ${shape.input}/${shape.output}, ${limit}, stated basis, uniform efficiency`,
    axis: 'cost of H100::H100 over cost of the pair',
    groups: models,
    mark: 1,
    bars: SHOWN_PAIRS.flatMap(([pair]) =>
      models.flatMap((model, group) => {
        const value = by_model[model]![pair];
        return value === undefined ? [] : [{ label: `${pair}, ${model}`, value, interval: null, group }];
      }),
    ),
  });
}
