import type { Fit } from '../fitfile/schema.ts';
import { counted } from '../plural.ts';
import { formatEstimate, formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable, type TableCell } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { DRAFT_NAMES, PARAMETER_NAMES, type ParameterName } from '../roofline/parameters.ts';
import type { RestartSpread, RunTarget } from '../run/schema.ts';
import { thresholdsText } from '../run/thresholds-text.ts';
import { baselineTable, refusals, wins } from './baseline-text.ts';
import { errorTable, holdOutTable } from './error-text.ts';
import { inferredText } from './inferred-text.ts';
import { paddingQuestionText, paddingText } from './padding-text.ts';
import { parameterNotes, parameterOf, stateOf } from './parameter-notes.ts';
import { powerText } from './power-text.ts';
import { priorText } from './prior-text.ts';
import { simulatedText } from './simulated-text.ts';
import { openQuestionsText, sourcesTable, sourcesText } from './sources-text.ts';
import { speculationText } from './speculation-text.ts';
import { spreadLine } from './spread-text.ts';
import { tailsText } from './tails-text.ts';
import { besideTruth, truthOf } from './truth-text.ts';

const wrapped = (line: string): string => wrapLines(line, REPORT_COLUMNS);

export interface FittedRuns {
  readonly fit: Fit;
  readonly file: string;
  /** Targets that were fitted, with the simulator's truth where there is one. */
  readonly targets: readonly RunTarget[];
  /** How far anchors of these targets lie apart between restarts of their servers. */
  readonly restartSpreads: readonly RestartSpread[];
}

/** The report of a fit: parameters, what was inferred, what the data cannot tell, errors seen and unseen, simpler models. */
export function fitText({ fit, file, targets, restartSpreads }: FittedRuns, style: Style): string {
  const truth = truthOf(targets);
  const { validation } = fit;
  return [
    `${style.bold(fit.id)}`,
    ...said(simulatedText(fit)).map((line) => style.yellow(wrapped(line))),
    ...summary(fit).map(wrapped),
    ...restartSpreads.map((spread) => wrapped(`noise floor between restarts: ${spreadLine(spread)}`)),
    '',
    parameterTable(fit, truth.values, style),
    ...truth.notes.map(wrapped),
    ...notes(fit).map((note) => style.yellow(wrapped(note))),
    ...(fit.sources ? ['', sourcesTable(fit.sources, style), '', ...openQuestionsText(fit.sources)] : []),
    '',
    style.bold('errors, by the scheduler'),
    errorTable(validation, style),
    ...refusals(fit).map(wrapped),
    ...(validation.hold_out
      ? ['', style.bold('cells kept from the fit'), holdOutTable(validation.hold_out.cells, style)]
      : []),
    ...(fit.tails ? ['', tailsText(fit.tails, style)] : []),
    '',
    style.bold('simpler models on the same cells'),
    baselineTable(fit, style),
    ...wins(fit).map((line) => style.yellow(wrapped(line))),
    ...(fit.power ? ['', powerText(fit.power, style)] : []),
    ...leftOut(fit),
    '',
    file,
  ].join('\n');
}

const meansText = (fit: Fit): string =>
  fit.residuals.length === 0
    ? 'no means of cells, engine steps alone'
    : `${counted(fit.residuals.length, 'number')} from ${counted(cellCount(fit), 'cell')}`;

/** What was fitted, what was inferred, and how well anything could be known. */
function summary(fit: Fit): string[] {
  const { ttft, tpot } = fit.predictors.scheduler.noise.misfit;
  const { ttft_ms, tpot_ms } = fit.validation.noise_floor;
  return [
    `${meansText(fit)}; beyond the known noise the model misses ${formatPercent(ttft)} of TTFT, ${formatPercent(tpot)} of TPOT`,
    ...how(fit),
    ...sources(fit),
    ...priorText(fit),
    ...sourcesText(fit),
    ...judgedOtherwise(fit),
    ...speculationText(fit),
    inferredText(fit),
    paddingText(fit),
    ...paddingQuestionText(fit),
    `noise floor: TTFT ${floor(ttft_ms)}, TPOT ${floor(tpot_ms)}; bootstrap: ${bootstrapText(fit)}`,
    tableText(fit),
  ].filter((line) => line !== null);
}

const said = (line: string | null): string[] => (line === null ? [] : [line]);

/** Whose measurements these are, where they were imported. */
function sources({ runs }: Fit): string[] {
  const names = runs.flatMap(({ imported }) => imported?.attribution ?? []);
  return names.length > 0 ? [`measurements of others: ${[...new Set(names)].join('; ')}`] : [];
}

/** Cells that were let through, or kept out, by other thresholds than the defaults. */
const judgedOtherwise = ({ runs }: Fit): string[] =>
  runs.flatMap(({ id, thresholds }) => {
    const text = thresholdsText(thresholds);
    return text === null ? [] : [`cells of ${id} are judged by other thresholds: ${text}`];
  });

/** What was asked for, where it is not the usual. */
function how({ search, selection }: Fit): string[] {
  const { only, hold_out } = selection;
  const unusual = [
    only.length > 0 ? `only cells with ${only.join(', ')}` : null,
    hold_out.length > 0 ? `kept from it ${hold_out.join(', ')}` : null,
    search.predictor === 'closed_form' ? 'fitted through the closed form' : null,
    search.objective === 'balanced' ? null : `serving ${search.objective} best`,
  ].filter((each) => each !== null);
  return unusual.length > 0 ? [unusual.join('; ')] : [];
}

const floor = (percent: number | null): string => formatPercent(percent === null ? null : percent / 100);

function bootstrapText({ bootstrap }: Fit): string {
  if (bootstrap === null) return 'none';
  const { method, replicates, clusters, largest_disagreement } = bootstrap;
  const by = method === 'refits' ? 'refitted' : 'linear steps';
  return `${counted(replicates, 'replicate')} of ${counted(clusters, 'cluster')}, ${by} (refits differ by ${formatPercent(largest_disagreement)} of an interval)`;
}

function tableText({ residual_table }: Fit): string | null {
  if (residual_table === null) return null;
  const { buckets, unseen_mape } = residual_table;
  return `TPOT is corrected for ${counted(buckets.length, 'batch size')}: unseen shapes ${formatNumber(unseen_mape.without)} % without, ${formatNumber(unseen_mape.with)} % with`;
}

const cellCount = (fit: Fit): number =>
  new Set(
    fit.residuals.map((one) => `${one.target} ${one.input_tokens} ${one.output_tokens} ${one.concurrency}`),
  ).size;

/** Parameters that the model and the devices have: experts where there are some, links where devices share a layer. */
function parametersOf({ model_card, range }: Fit): ParameterName[] {
  const routed = model_card.weight_groups.some(({ name }) => name === 'experts');
  const linked = range.tensor_parallel.some((size) => size > 1);
  const absent = new Set<ParameterName>([
    ...(routed ? [] : (['expert_flop_per_s'] as const)),
    ...(linked ? [] : (['all_reduce_latency_s', 'link_bytes_per_s'] as const)),
  ]);
  return PARAMETER_NAMES.filter((name) => !absent.has(name));
}

function parameterTable(fit: Fit, truth: Readonly<Record<string, number>> | null, style: Style): string {
  const { draft } = fit;
  const rows = [...parametersOf(fit), ...(draft ? DRAFT_NAMES : [])].map((name): TableCell[] => {
    const parameter = parameterOf(fit, name);
    const row = [
      name.replace(/_(flop_per_s|bytes_per_s|s)$/, ''),
      formatEstimate(parameter.value, parameter.interval_90, parameter.unit),
      parameter.efficiency ? formatPercent(parameter.efficiency.value) : '',
      stateOf(parameter),
    ];
    return truth ? [...row, ...besideTruth(name, parameter, truth)] : row;
  });
  const columns = [{ title: 'parameter' }, { title: 'value [90 %]' }, { title: 'peak' }, { title: 'known' }];
  const truthColumns = truth ? [{ title: 'simulator' }, { title: 'in' }] : [];
  return renderTable({ columns: [...columns, ...truthColumns], rows, style });
}

function notes(fit: Fit): string[] {
  const search = fit.search.converged ? [] : ['the fit did not settle; read its figures with care'];
  const names = [...parametersOf(fit), ...(fit.draft ? DRAFT_NAMES : [])];
  return [...parameterNotes(fit, names), ...cappedNote(fit), ...search];
}

/** A device that its power cap holds back shows the compute that the cap allows. */
function cappedNote({ flagged }: Fit): string[] {
  const cells = flagged
    .filter(({ code }) => code === 'power_capped')
    .reduce((sum, one) => sum + one.cells, 0);
  if (cells === 0) return [];
  return [
    `the power cap was active in ${counted(cells, 'cell')}: the compute ceilings are those under this cap`,
  ];
}

function leftOut(fit: Fit): string[] {
  if (fit.left_out.length === 0) return [];
  const lines = fit.left_out.map(
    (cell) =>
      `  ${cell.target} ${cell.input_tokens}/${cell.output_tokens} C ${cell.concurrency}: ${cell.reasons.join(', ')}`,
  );
  return ['', `left out of the fit (${lines.length}):`, ...lines];
}
