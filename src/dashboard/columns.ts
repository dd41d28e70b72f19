import stringWidth from 'string-width';

const NARROWEST = 4;

/** Widths of columns that hold these rows; the widest are cut until all, with a gap of one, fit into `limit`. */
export function columnWidths(rows: readonly (readonly string[])[], limit: number): number[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => stringWidth(row[index]!))));
  while (widths.reduce((sum, width) => sum + width + 1, 0) > limit) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= NARROWEST) break;
    widths[widest]! -= 1;
  }
  return widths;
}
