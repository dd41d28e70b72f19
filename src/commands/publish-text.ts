import type { Gate } from '../fitfile/gates.ts';
import type { Publication } from '../fitfile/publish.ts';
import type { PublishOutcome } from '../fitfile/publish-write.ts';
import type { Removed } from '../fitfile/strip-text.ts';
import { counted } from '../plural.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { wrapItem } from '../report/wrap.ts';

/** What `ridge publish --json` prints. */
export interface PublishReport {
  readonly file: string;
  readonly outcome: PublishOutcome | 'refused' | 'dry_run';
  /** What a dry run would have done. */
  readonly would_be: PublishOutcome | null;
  readonly digest: string;
  /** Whether it is of simulated endpoints. */
  readonly simulated: boolean;
  /** Whose measurements it says they are; null: it does not. */
  readonly attribution: string | null;
  readonly gates: Publication['gates'];
  readonly removed: Publication['removed'];
  /** Device files of the folder that were made from other fits than are there now. */
  readonly stale_devices: readonly string[];
  /** That of the published file, which may have been there. */
  readonly signature: Publication['fit']['signature'] | null;
}

/** Counts as they are, differences by their size. */
const plain = (value: number): string => (Number.isInteger(value) ? String(value) : value.toExponential(0));
const figureText = ({ figure }: Gate): string => (figure === null ? 'unknown' : plain(figure));
const limitText = ({ limit, limit_is }: Gate): string => `at ${limit_is} ${plain(limit)}`;

/** Why a fit is not published: every gate that said no, with its figure, its limit and what mends it. */
export function refusalLines(file: string, gates: readonly Gate[]): string[] {
  const failed = gates.filter(({ passed }) => !passed);
  return [
    `ridge: ${file}: not published: ${failed.length} of ${counted(gates.length, 'gate')} said no`,
    ...failed.flatMap((gate) => [
      `  ${gate.name}: ${figureText(gate)}, ${limitText(gate)}: ${gate.message}`,
      `    ${gate.mend}`,
    ]),
  ];
}

const OUTCOMES = {
  written: 'published',
  unchanged: 'published already, nothing to do',
  signed: 'published already, now with this signature',
  replaced: 'published in the place of another fit',
} as const;

/** What was checked, what was taken out and where the file is. */
export function publishText(report: PublishReport, style: Style): string {
  const { gates, removed, file, outcome, would_be } = report;
  const done =
    outcome === 'dry_run'
      ? `would be ${would_be === null ? 'refused: another file is there (--force writes over it)' : OUTCOMES[would_be]}`
      : outcome === 'refused'
        ? 'refused'
        : OUTCOMES[outcome];
  return [
    renderTable({
      columns: [
        { title: 'gate' },
        { title: 'figure', align: 'right' },
        { title: 'limit' },
        { title: 'what was seen', folds: true },
      ],
      rows: gates.map((gate) => [gate.name, figureText(gate), limitText(gate), gate.message]),
      style,
    }),
    ...removedLines(removed),
    report.attribution === null
      ? 'attribution: none; --attribution TEXT says whose measurements these are'
      : wrapItem('attribution: ', report.attribution),
    report.signature === null ? 'not signed' : 'signed',
    `${done}${report.simulated ? ', SIMULATED' : ''}: ${file}`,
    ...(report.stale_devices.length > 0
      ? ['device files are of other fits now; to make them anew: ridge publish --devices --to FOLDER']
      : []),
  ].join('\n');
}

function removedLines(removed: readonly Removed[]): string[] {
  if (removed.length === 0) return ['removed: nothing'];
  return [
    'removed:',
    ...removed.map(
      ({ kind, path, was, now }) =>
        `  ${kind.replaceAll('_', ' ')}, ${path}: '${was}'${now === null || now === '' ? '' : ` is now '${now}'`}`,
    ),
  ];
}
