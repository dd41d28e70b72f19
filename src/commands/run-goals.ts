import { counted } from '../plural.ts';
import { goalLines, type LastRound } from '../report/goals-text.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import type { RunListener } from '../run/event-bus.ts';
import type { RunEvent } from '../run/events.ts';
import type { CellRecord } from '../run/schema.ts';

/**
 * Follows an adaptive run to say at its end what it knows against its goals: the dashboard is gone by then.
 * @returns the lines; none of a run that is not adaptive
 */
export function rememberGoals(subscribe: (listener: RunListener) => unknown): () => string[] {
  // Servers that the run starts have rounds of their own.
  const last = new Map<string, LastRound>();
  const records = new Map<string, CellRecord>();
  subscribe((event: RunEvent) => {
    if (event.kind === 'round') last.set(event.target ?? '', event);
    if (event.kind === 'cell_finished') records.set(`${event.target} ${event.record.key}`, event.record);
  });
  return () =>
    [...last].flatMap(([target, round]) => {
      const own = [...records].filter(([of]) => target === '' || of.startsWith(`${target} `));
      const [head = '', ...rest] = [
        ...goalLines(round),
        ...unused(
          round,
          own.map(([, record]) => record),
        ),
      ];
      const named = target === '' ? head : `${target}: ${head}`;
      return [named, ...rest].map((line) => wrapLines(line, REPORT_COLUMNS));
    });
}

/** Where there is no fit, what kept the measured cells out of one. */
function unused({ fitted }: LastRound, records: readonly CellRecord[]): string[] {
  if (fitted) return [];
  const codesOf = ({ reasons }: CellRecord): string[] =>
    reasons.filter(({ fit }) => fit === 'exclude').map(({ code }) => code);
  const left = records.filter((record) => codesOf(record).length > 0);
  const [most] = [...Map.groupBy(left.flatMap(codesOf), (code) => code)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  if (most === undefined) return [];
  const [code, { length }] = most;
  return [
    `  a fit cannot use ${left.length} of ${counted(records.length, 'cell')}: ${code} on ${length} of them (ridge --help verdicts)`,
  ];
}
