import type { ImportedRun } from '../import/import-rows.ts';
import { counted } from '../plural.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { distinctCells } from '../run/distinct-cells.ts';
import type { CellRecord, Run } from '../run/schema.ts';

const MOST_PROBLEMS = 20;

/** The bad rows of an import, for stderr: a line for each problem with the lines of its rows; all stand in run.json. */
export function badRowLines({ imported }: Run): string[] {
  if (imported === null) return [];
  const { file, bad_rows } = imported;
  const problems = [...Map.groupBy(bad_rows, ({ problem }) => problem)];
  const shown = problems.slice(0, MOST_PROBLEMS).map(([problem, rows]) => {
    const [first] = rows;
    if (rows.length === 1) return `ridge: ${file}:${first!.line}: ${problem}`;
    const lines = lineRanges(rows.map(({ line }) => line));
    return `ridge: ${file}: ${problem}: ${counted(rows.length, 'row')}, lines ${lines}`;
  });
  const others = problems.slice(MOST_PROBLEMS).flatMap(([, rows]) => rows).length;
  const skipped = bad_rows.length > 0 ? [`ridge: skipped ${counted(bad_rows.length, 'row')}`] : [];
  const more = others > 0 ? [`ridge: ${counted(others, 'more bad row')}, see run.json`] : [];
  return [...shown, ...more, ...skipped].map((line) => wrapLines(line, REPORT_COLUMNS));
}

/** `3-7, 9`. @param lines ascending */
function lineRanges(lines: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && line === last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}

type Target = Run['targets'][number];
const FACTS: readonly (readonly [title: string, read: (target: Target) => string])[] = [
  ['engine', ({ engine }) => [engine.name, engine.version ?? '(version unknown)'].join(' ')],
  ['model', ({ model }) => model.id],
  ['card', ({ model_card }) => model_card?.precision ?? 'none'],
  ['driven', ({ driving }) => drivenText(driving)],
];

/** What was imported, what was not, and what is not known, for people. */
export function importText(folder: string, { run, records }: ImportedRun): string {
  const { rows, bad_rows, removed, attribution } = run.imported!;
  const chosen = rows.selected === rows.read ? '' : `, ${rows.selected} chosen`;
  return [
    `${folder}: ${counted(distinctCells(records), 'cell')} (${counted(records.length, 'row')}) on ${counted(run.targets.length, 'target')}; ${counted(rows.read, 'row')} read${chosen}`,
    ...FACTS.map(([title, read]) => `${title}: ${[...new Set(run.targets.map(read))].join(', ')}`),
    '',
    targetTable(run.targets, records),
    '',
    ...removed.map(({ rule, rows: count, why }) => `removed: ${counted(count, 'row')} by ${rule}: ${why}`),
    ...(bad_rows.length > 0 ? [`bad: ${counted(bad_rows.length, 'row')}, see stderr and run.json`] : []),
    ...new Set(run.targets.flatMap(({ warnings }) => warnings)),
    attribution === null
      ? 'attribution: none; --attribution TEXT says whose measurements these are'
      : `attribution: ${attribution}`,
  ]
    .map((part) => (part.includes('\n') ? part : wrapLines(part, REPORT_COLUMNS)))
    .join('\n');
}

/** Names are whole, since `--target` asks for them; what differs between targets is part of them. */
function targetTable(targets: readonly Target[], records: readonly CellRecord[]): string {
  const cells = Map.groupBy(records, ({ target }) => target);
  return renderTable({
    columns: [
      { title: 'target' },
      { title: 'cells', align: 'right' },
      { title: 'rows', align: 'right' },
      { title: 'concurrency', align: 'right' },
    ],
    rows: targets.map((target) => [
      target.name,
      String(distinctCells(cells.get(target.name) ?? [])),
      String(cells.get(target.name)?.length ?? 0),
      concurrencies(cells.get(target.name) ?? []),
    ]),
  });
}

function drivenText(driving: Target['driving']): string {
  if (driving?.kind !== 'burst') return driving?.kind ?? '';
  const [low, high] = driving.output_jitter;
  const jitter = low === 1 && high === 1 ? 'exact' : `lengths x ${low}-${high}`;
  const most = driving.most_requests === undefined ? '' : ` (${driving.most_requests} at most)`;
  return `burst, ${driving.requests_per_stream} a stream${most}, ${jitter}, ${driving.statistic}`;
}

function concurrencies(cells: readonly CellRecord[]): string {
  const values = cells.flatMap(({ cell }) => cell.concurrency ?? []);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}-${high}`;
}
