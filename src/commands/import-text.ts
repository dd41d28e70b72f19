import type { ImportedRun } from '../import/import-rows.ts';
import { counted } from '../plural.ts';
import { renderTable } from '../report/text-table.ts';
import type { CellRecord, Run } from '../run/schema.ts';

const MOST_BAD_ROWS = 20;

/** The bad rows of an import by line, for stderr; all of them stand in run.json. */
export function badRowLines({ imported }: Run): string[] {
  if (imported === null) return [];
  const { file, bad_rows } = imported;
  const shown = bad_rows
    .slice(0, MOST_BAD_ROWS)
    .map(({ line, problem }) => `ridge: ${file}:${line}: ${problem}`);
  const others = bad_rows.length - shown.length;
  return others > 0 ? [...shown, `ridge: and ${counted(others, 'more bad row')}, see run.json`] : shown;
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
  const [first] = run.targets;
  const shared = FACTS.filter(([, read]) => run.targets.every((target) => read(target) === read(first!)));
  return [
    `${folder}: ${counted(records.length, 'cell')} on ${counted(run.targets.length, 'target')}; ${counted(rows.read, 'row')} read${chosen}`,
    ...shared.map(([title, read]) => `${title}: ${read(first!)}`),
    '',
    targetTable(
      run.targets,
      records,
      FACTS.filter((fact) => !shared.includes(fact)),
    ),
    '',
    ...removed.map(({ rule, rows: count, why }) => `removed: ${counted(count, 'row')} by ${rule}: ${why}`),
    ...(bad_rows.length > 0 ? [`bad: ${counted(bad_rows.length, 'row')}, see stderr and run.json`] : []),
    ...new Set(run.targets.flatMap(({ warnings }) => warnings)),
    ...(attribution === null ? [] : [`attribution: ${attribution}`]),
  ].join('\n');
}

function targetTable(
  targets: readonly Target[],
  records: readonly CellRecord[],
  facts: typeof FACTS,
): string {
  const cells = Map.groupBy(records, ({ target }) => target);
  return renderTable({
    columns: [
      { title: 'target' },
      ...facts.map(([title]) => ({ title })),
      { title: 'cells', align: 'right' },
      { title: 'concurrency', align: 'right' },
    ],
    rows: targets.map((target) => [
      target.name,
      ...facts.map(([, read]) => read(target)),
      String(cells.get(target.name)?.length ?? 0),
      concurrencies(cells.get(target.name) ?? []),
    ]),
  });
}

function drivenText(driving: Target['driving']): string {
  if (driving?.kind !== 'burst') return driving?.kind ?? '';
  const [low, high] = driving.output_jitter;
  const jitter = low === 1 && high === 1 ? 'exact' : `lengths x ${low}-${high}`;
  return `burst, ${driving.requests_per_stream} a stream, ${jitter}, ${driving.statistic}`;
}

function concurrencies(cells: readonly CellRecord[]): string {
  const values = cells.flatMap(({ cell }) => cell.concurrency ?? []);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}-${high}`;
}
