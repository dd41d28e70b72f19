import type { Fit } from '../fitfile/schema.ts';
import { counted } from '../plural.ts';
import { formatNumber, formatPercent } from '../report/format.ts';

/** What engine steps and cell means each gave, where steps were used; lines of any width. */
export function sourcesText({ sources }: Pick<Fit, 'sources'>): string[] {
  if (!sources) return [];
  const { cell_means: means, engine_steps: steps, check } = sources;
  const { ttft, tpot } = steps.scatter_by_kernel;
  return [
    `engine steps: ${steps.usable} of ${counted(steps.seen, 'step')} of ${counted(steps.cells, 'cell')}, worth ${formatNumber(steps.independent)} independent ones (lag one ${steps.lag_one_correlation.toFixed(2)}), as ${counted(steps.numbers, 'number')}; kernels differ by ${formatPercent(ttft)} with prompts, ${formatPercent(tpot)} without${steps.held_up > 0 ? `; ${steps.held_up} held up and set aside` : ''}`,
    ...steps.budgets.map(
      ({ target, used, read, at_least }) =>
        `tokens of a step of ${target}: ${used}${readText(read, used, at_least)}`,
    ),
    `cell means: ${counted(means.numbers, 'number')} of ${counted(means.cells, 'cell')}; standard errors from steps alone, from means alone: ${Object.entries(
      steps.log_standard_errors,
    )
      .map(
        ([name, error]) =>
          `${name.replace(/_(flop_per_s|bytes_per_s|s)$/, '')} ${formatPercent(error)}, ${formatPercent(means.log_standard_errors[name]!)}`,
      )
      .join('; ')}`,
    ...check.map(
      ({ target, metric, error_percent, standard_deviations }) =>
        `check: the fit without them predicts ${metric.replace('_ms', '').toUpperCase()} of ${target} ${error_percent >= 0 ? '+' : ''}${error_percent.toFixed(1)} % (${Math.abs(standard_deviations).toFixed(1)} sd)`,
    ),
  ];
}

function readText(read: number | null, used: number, at_least: number): string {
  if (read === null) return `; no prompt was cut, one had ${at_least}`;
  return read === used ? ', as its steps show' : `; its steps show ${read}`;
}
