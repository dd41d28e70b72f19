import type { Fit } from '../fitfile/schema.ts';
import type { FitSources } from '../fitfile/sources-schema.ts';
import { counted } from '../plural.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
import { withoutUnit } from '../report/parameter-name.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { wrapItem } from '../report/wrap.ts';

/** What engine steps and cell means are, where steps were used; lines of any width. */
export function sourcesText({ sources }: Pick<Fit, 'sources'>): string[] {
  if (!sources) return [];
  const { cell_means: means, engine_steps: steps, check } = sources;
  const { ttft, tpot } = steps.scatter_by_kernel;
  return [
    `engine steps: ${steps.usable} of ${counted(steps.seen, 'step')} of ${counted(steps.cells, 'cell')}, worth ${formatNumber(steps.independent)} independent ones (lag one ${steps.lag_one_correlation.toFixed(2)}), as ${counted(steps.numbers, 'number')}; kernels differ by ${formatPercent(ttft)} with prompts, ${formatPercent(tpot)} without${steps.held_up > 0 ? `; ${steps.held_up} held up and set aside` : ''}${firstUseText(steps.first_use)}`,
    ...steps.budgets.map(
      ({ target, used, read, at_least }) =>
        `tokens of a step of ${target}: ${used}${readText(read, used, at_least)}`,
    ),
    `cell means: ${counted(means.numbers, 'number')} of ${counted(means.cells, 'cell')}`,
    ...check.map(
      ({ target, metric, error_percent, standard_deviations }) =>
        `check: the fit without them predicts ${metric.replace('_ms', '').toUpperCase()} of ${target} ${error_percent >= 0 ? '+' : ''}${error_percent.toFixed(1)} % (${Math.abs(standard_deviations).toFixed(1)} sd)`,
    ),
  ];
}

const firstUseText = (first: FitSources['engine_steps']['first_use']): string =>
  first
    ? `; ${first.steps} were the first of their size, ${formatPercent(first.slower_by)} slower than later ones, and set aside`
    : '';

function readText(read: number | null, used: number, at_least: number): string {
  if (read === null) return `; no prompt was cut, one had ${at_least}`;
  return read === used ? ', as its steps show' : `; its steps show ${read}`;
}

/** What either source and the priors gave of what is known of each parameter, and how well either alone would know it. */
export function sourcesTable(
  { cell_means, engine_steps, information_shares }: FitSources,
  style: Style,
): string {
  return renderTable({
    columns: [
      { title: 'known from' },
      ...['steps', 'means', 'prior', 'error by steps', 'by means'].map((title) => ({
        title,
        align: 'right' as const,
      })),
    ],
    rows: Object.entries(engine_steps.log_standard_errors).map(([name, error]) => {
      const shares = information_shares?.[name];
      return [
        withoutUnit(name),
        ...[shares?.engine_steps, shares?.cell_means, shares?.prior].map((share) =>
          share === undefined ? null : formatPercent(share),
        ),
        formatPercent(error),
        formatPercent(cell_means.log_standard_errors[name] ?? null),
      ];
    }),
    style,
  });
}

/** What the cells leave open and which cell would tell, an item a question. */
export function openQuestionsText({ engine_steps, open_questions = [] }: FitSources): string[] {
  if (open_questions.length === 0) return [];
  const subject = engine_steps.cells === 1 ? 'this cell cannot tell' : 'these cells cannot tell';
  return [
    `what ${subject}, and what would:`,
    ...open_questions.map(({ about, why, cell }) =>
      wrapItem(`  ${about.replaceAll('_', ' ')}: `.padEnd(HEAD), `${why}. ${capital(cell)}`),
    ),
  ];
}

const HEAD = '  request overhead: '.length;
const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
