import { counted } from '../plural.ts';
import { describe } from './lane.ts';
import type { CellRecord } from './schema.ts';

/** Reasons of a run that are told: those that are in most cells. */
const MOST_CODES = 6;

type Told = { readonly record: CellRecord; readonly reason: CellRecord['reasons'][number] };

/** How far past its threshold a reason is, either way. */
function farOff({ reason: { value, threshold } }: Told): number {
  return value !== null && threshold !== null && value > 0 && threshold > 0
    ? Math.abs(Math.log(value / threshold))
    : 0;
}

/**
 * Why cells of a run are flagged or invalid: a line for each code, with what it says of the cell that is farthest off,
 * and where codes are explained; no line where all cells are valid.
 */
export function reasonsText(records: readonly CellRecord[]): string[] {
  const told: Told[] = records.flatMap((record) =>
    record.reasons.filter(({ effect }) => effect !== 'note').map((reason) => ({ record, reason })),
  );
  const groups = [...Map.groupBy(told, ({ reason }) => reason.code)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  if (groups.length === 0) return [];
  const lines = groups.slice(0, MOST_CODES).map(([code, cells]) => {
    const [{ record, reason }] = cells.toSorted((a, b) => farOff(b) - farOff(a)) as [Told];
    const such = cells.length === 1 ? '' : 'such as ';
    const where = `${such}${record.target} ${describe(record.cell)}`;
    return `${code} in ${counted(cells.length, 'cell')}, ${where}: ${reason.message}`;
  });
  const others = groups.length - lines.length;
  const more = others === 0 ? '' : ` (${counted(others, 'other code')} in fewer cells)`;
  return [...lines, `what each code means: ridge --help verdicts${more}`];
}
