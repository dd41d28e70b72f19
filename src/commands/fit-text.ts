import type { Fit, FitParameter } from '../fitfile/schema.ts';
import { counted } from '../plural.ts';
import { formatEstimate, formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable, type TableCell } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { PARAMETER_NAMES } from '../roofline/parameters.ts';
import type { RunTarget } from '../run/schema.ts';
import { errorTable, holdOutTable } from './error-text.ts';
import { besideTruth, truthOf } from './truth-text.ts';

const wrapped = (line: string): string => wrapLines(line, REPORT_COLUMNS);

export interface FittedRuns {
  readonly fit: Fit;
  readonly file: string;
  /** Targets that were fitted, with the simulator's truth where there is one. */
  readonly targets: readonly RunTarget[];
}

/** The report of a fit: parameters, what the data cannot tell, errors in and out of sample, simpler models. */
export function fitText({ fit, file, targets }: FittedRuns, style: Style): string {
  const truth = truthOf(targets);
  const { validation } = fit;
  return [
    `${style.bold(fit.id)}`,
    wrapped(summaryLine(fit)),
    '',
    parameterTable(fit, truth.values, style),
    ...truth.notes.map(wrapped),
    ...notes(fit).map((note) => style.yellow(wrapped(note))),
    '',
    style.bold('errors'),
    errorTable(validation, style),
    ...(validation.hold_out
      ? ['', style.bold('cells kept from the fit'), holdOutTable(validation.hold_out.cells, style)]
      : []),
    '',
    style.bold('simpler models on the same cells'),
    baselineTable(fit, style),
    ...wins(fit).map((line) => style.yellow(wrapped(line))),
    ...leftOut(fit),
    '',
    file,
  ].join('\n');
}

const summaryLine = (fit: Fit): string =>
  `${counted(fit.residuals.length, 'number')} from ${counted(cellCount(fit), 'cell')}; beyond the known noise the model misses ${formatPercent(fit.predictors.scheduler.noise.misfit.ttft)} of TTFT, ${formatPercent(fit.predictors.scheduler.noise.misfit.tpot)} of TPOT`;

const cellCount = (fit: Fit): number =>
  new Set(
    fit.residuals.map((one) => `${one.target} ${one.input_tokens} ${one.output_tokens} ${one.concurrency}`),
  ).size;

function parameterTable(fit: Fit, truth: Readonly<Record<string, number>> | null, style: Style): string {
  const rows = PARAMETER_NAMES.map((name): TableCell[] => {
    const parameter = fit.parameters[name]!;
    const row = [
      name.replace(/_(flop_per_s|bytes_per_s|s)$/, ''),
      formatEstimate(parameter.value, parameter.interval_90, parameter.unit),
      parameter.efficiency ? formatPercent(parameter.efficiency.value) : '',
      state(parameter),
    ];
    return truth ? [...row, ...besideTruth(name, parameter, truth)] : row;
  });
  const columns = [
    { title: 'parameter' },
    { title: 'value [90 %]' },
    { title: 'of peak' },
    { title: 'known' },
  ];
  const truthColumns = truth ? [{ title: 'simulator' }, { title: 'inside' }] : [];
  return renderTable({ columns: [...columns, ...truthColumns], rows, style });
}

function state(parameter: FitParameter): string {
  if (parameter.not_in_data) return 'not in data';
  if (parameter.at_bound) return 'at bound';
  if (parameter.prior_dominated) return 'prior only';
  return parameter.efficiency?.above_one ? 'above spec' : 'yes';
}

function notes(fit: Fit): string[] {
  const unknown = PARAMETER_NAMES.flatMap((name) => {
    const { advice } = fit.parameters[name]!;
    return advice === null ? [] : [`${name} is not identified; it would be by ${advice}`];
  });
  const pairs = fit.confounded.map(
    ({ parameters: [a, b], correlation }) =>
      `${a} and ${b} are confounded (correlation ${formatNumber(correlation)}): read them together`,
  );
  const search = fit.search.converged ? [] : ['the fit did not settle; read its figures with care'];
  return [...unknown, ...pairs, ...search];
}

function baselineTable(fit: Fit, style: Style): string {
  const own = (['ttft_ms', 'tpot_ms'] as const).flatMap((metric): TableCell[][] => {
    const summary = fit.validation.in_sample.errors.scheduler[metric];
    return summary ? [['this fit', metric, summary.mape, fit.covariance.names.length]] : [];
  });
  return renderTable({
    columns: [
      { title: 'model' },
      { title: 'metric' },
      { title: 'MAPE', unit: '%', align: 'right' },
      { title: 'fitted numbers', align: 'right' },
    ],
    rows: [
      ...own,
      ...fit.validation.in_sample.baselines.map((one) => [
        one.name,
        one.metric,
        one.mape,
        String(one.fitted_numbers),
      ]),
    ].map((row) => row.map((cell, index) => (index === 3 ? String(cell) : cell))),
    style,
  });
}

function wins({ validation }: Fit): string[] {
  return validation.in_sample.baselines
    .filter((one) => one.wins)
    .map(
      ({ name, form, metric, mape, fit_mape }) =>
        `${name} (${form}) has a lower error on ${metric} than this fit: ${formatNumber(mape)} % against ${formatNumber(fit_mape)} %`,
    );
}

function leftOut(fit: Fit): string[] {
  if (fit.left_out.length === 0) return [];
  const lines = fit.left_out.map(
    (cell) =>
      `  ${cell.target} ${cell.input_tokens}/${cell.output_tokens} C ${cell.concurrency}: ${cell.reasons.join(', ')}`,
  );
  return ['', `left out of the fit (${lines.length}):`, ...lines];
}
