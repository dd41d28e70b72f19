import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import type { RunListener } from '../run/event-bus.ts';
import { reasonsText } from '../run/reasons-text.ts';
import type { CellRecord } from '../run/schema.ts';

/**
 * Follows a run to say at its end why cells are not valid: its lines have the codes alone, and the dashboard is gone by then.
 * @returns the lines, at 80 columns; none where all cells are valid
 */
export function rememberReasons(subscribe: (listener: RunListener) => unknown): () => string[] {
  const records = new Map<string, CellRecord>();
  subscribe((event) => {
    if (event.kind === 'cell_finished') records.set(`${event.target} ${event.record.key}`, event.record);
  });
  return () => reasonsText([...records.values()]).map((line) => wrapLines(line, REPORT_COLUMNS));
}
