import { formatNumber } from './format.ts';
import type { Style } from './style.ts';
import type { TornadoRow } from './svg-tornado.ts';
import { renderTable } from './text-table.ts';
import { REPORT_COLUMNS } from './wrap.ts';

const BAR_COLUMNS = 25;

/** A tornado chart of characters: `<` towards the low end of an input, `>` towards its high one, `|` where nothing moves. */
export function tornadoText(rows: readonly TornadoRow[], centre: number, style: Style): string {
  const values = [centre, ...rows.flatMap(({ low, high }) => [low, high])].filter(Number.isFinite);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const place = (value: number): number =>
    Math.round(((BAR_COLUMNS - 1) * (Math.min(most, Math.max(least, value)) - least)) / (most - least || 1));
  const bar = ({ low, high }: TornadoRow): string => {
    const cells = Array.from({ length: BAR_COLUMNS }, () => ' ');
    const middle = place(centre);
    for (const [end, mark] of [
      [low, '<'],
      [high, '>'],
    ] as const) {
      const [from, to] = [Math.min(place(end), middle), Math.max(place(end), middle)];
      for (let at = from; at <= to; at += 1) cells[at] = mark;
    }
    cells[middle] = '|';
    return cells.join('');
  };
  return renderTable({
    style,
    width: REPORT_COLUMNS,
    columns: [
      { title: 'gain moved by' },
      { title: 'lower', unit: '<', align: 'right' },
      { title: '', align: 'right' },
      { title: 'higher', unit: '>', align: 'right' },
    ],
    rows: rows.map((row) => [row.label, formatNumber(row.low), bar(row), formatNumber(row.high)]),
  });
}
