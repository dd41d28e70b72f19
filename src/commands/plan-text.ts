import type { IdentifiabilityGroup, ParameterIdentifiability } from '../plan/identifiability.ts';
import type { TargetPlan } from '../plan/plan.ts';
import { counted } from '../plural.ts';
import { loadText } from '../report/cell-text.ts';
import { formatDuration, formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import type { CellShape } from '../run/schema.ts';

export interface Plan {
  readonly suite: string;
  readonly assumptions: readonly string[];
  readonly targets: readonly TargetPlan[];
  readonly identifiability: readonly IdentifiabilityGroup[];
  /** Prompt lengths are mixed, so a fit reads the engine's steps beside the means. */
  readonly mixed?: boolean;
}

const BY_MEANS =
  "said of the cells' means alone: as prompt lengths are mixed, ridge fit reads the engine's steps too, which tell more, and says what they leave open";

/** Folds a sentence at 80 columns, or the terminal's where it is narrower. */
const fold = (text: string, width = REPORT_COLUMNS): string =>
  wrapLines(text, Math.min(width, REPORT_COLUMNS));

/** A plan for people. @param width columns of the terminal; undefined: tables have no limit */
export function planText(plan: Plan, style: Style, width: number | undefined): string {
  const parts = plan.targets.map((target) => targetText(target, style, width));
  const total = plan.targets.reduce((sum, { estimated_s }) => sum + estimated_s, 0);
  const assumed = plan.assumptions.length > 0 ? [fold(`assumed: ${plan.assumptions.join('; ')}`, width)] : [];
  const whole = `all targets one after another: about ${formatDuration(total)}`;
  return [
    ...assumed,
    ...parts,
    ...(plan.targets.length > 1 ? [whole] : []),
    ...plan.identifiability.map((group) => groupText(group, style, width)),
    ...(plan.mixed ? [fold(BY_MEANS, width)] : []),
  ].join('\n\n');
}

function targetText(target: TargetPlan, style: Style, width: number | undefined): string {
  const guess = target.estimate_source === 'default' ? ', a guess without a model card' : '';
  const head = style.bold(
    fold(
      `${target.target}: ${counted(target.cells.length, 'cell')}, about ${formatDuration(target.estimated_s)}${guess}`,
      width,
    ),
  );
  const table = renderTable({
    columns: [
      { title: '', align: 'right' },
      { title: 'input', unit: 'tokens', align: 'right' },
      { title: 'output', unit: 'tokens', align: 'right' },
      { title: 'load', align: 'right' },
      { title: 'repeat', align: 'right' },
      { title: 'time', unit: 's', align: 'right' },
      { title: 'note' },
    ],
    rows: target.cells.map(({ cell, estimated_s }, index) => [
      String(index + 1),
      String(cell.input_tokens),
      String(cell.output_tokens),
      loadText(cell),
      String(cell.repeat + 1),
      formatNumber(estimated_s, 2),
      note(cell),
    ]),
    style,
    ...(width === undefined ? {} : { width }),
  });
  const power = target.power === null ? [] : [fold(powerText(target.power), width)];
  const skipped = target.skipped.map(({ message }) => fold(`skipped: ${message}`, width));
  return [head, ...power, table, ...skipped].join('\n');
}

type Power = NonNullable<TargetPlan['power']>;

function powerText({ source, window_min_s, idle_s, idle_estimated_s }: Power): string {
  const idle =
    idle_estimated_s === 0
      ? ''
      : `; idle power over ${idle_s} s before the cells and after them, ${formatDuration(idle_estimated_s)} of the time`;
  return `power by ${source}: windows of ${window_min_s} s or more${idle}`;
}

function note(cell: CellShape): string {
  const notes: string[] = [];
  if (cell.restart !== undefined) notes.push(`anchor after restart ${cell.restart}`);
  else if (cell.anchor) notes.push(`${cell.anchor} anchor`);
  if (cell.kv_fill !== null) notes.push(`KV ${formatPercent(cell.kv_fill, 3)}`);
  if (cell.hold_out) notes.push('kept from the fit');
  return notes.join(', ');
}

function groupText(group: IdentifiabilityGroup, style: Style, width: number | undefined): string {
  const open = group.parameters.filter(({ identified }) => !identified);
  const head = style.bold(
    fold(
      `${group.model} on ${group.accelerator}: ${group.parameters.length - open.length} of ${group.parameters.length} parameters identified`,
      width,
    ),
  );
  const table = renderTable({
    columns: [
      { title: 'parameter' },
      { title: 'expected error', align: 'right' },
      { title: 'share of prior sd', align: 'right' },
      { title: 'identified' },
    ],
    rows: group.parameters.map((one) => [
      one.parameter,
      formatPercent(one.expected_log_sd),
      formatPercent(one.sd_ratio),
      one.identified ? style.green('yes') : style.red('no'),
    ]),
    style,
    ...(width === undefined ? {} : { width }),
  });
  return [head, table, ...open.map((one) => fold(advice(one), width))].join('\n');
}

function advice({ parameter, reason, helpful_cell }: ParameterIdentifiability): string {
  const cell = helpful_cell
    ? `; for example input ${helpful_cell.input_tokens}, output ${helpful_cell.output_tokens}, concurrency ${helpful_cell.concurrency} at TP ${helpful_cell.tensor_parallel}`
    : '';
  return `${parameter} cannot be identified: ${reason}${cell}`;
}
