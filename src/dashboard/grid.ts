import { loadText, shapeText } from '../report/cell-text.ts';
import type { CellShape } from '../run/schema.ts';
import { type CellMark, markOf } from './glyphs.ts';
import type { CellView } from './state.ts';

/** Repeats up to this many are drawn one sign each; more are summed up. */
export const DRAWN_REPEATS = 4;

/** The cells of one place in the map: repeats and anchors of one shape and load on one target. */
export type Place = readonly CellMark[];

export interface GridRow {
  readonly label: string;
  /** By column; empty where this shape was not planned at this load. */
  readonly places: readonly Place[];
}

/** The map of one target: rows are shapes (input/output tokens), columns are loads. */
export interface TargetGrid {
  readonly target: string;
  readonly columns: readonly string[];
  readonly rows: readonly GridRow[];
  /** Index of the row with a running cell, else of the first one with a pending cell, else 0. */
  readonly activeRow: number;
  readonly activeColumn: number;
}

const byShape = (a: CellShape, b: CellShape): number =>
  a.input_tokens - b.input_tokens || a.output_tokens - b.output_tokens;
const byLoad = (a: CellShape, b: CellShape): number =>
  (a.kv_fill ?? 0) - (b.kv_fill ?? 0) ||
  (a.arrivals?.rate_per_s ?? 0) - (b.arrivals?.rate_per_s ?? 0) ||
  (a.kv_fill === null ? (a.concurrency ?? 0) - (b.concurrency ?? 0) : 0);

const labelsIn = (
  cells: readonly CellView[],
  order: (a: CellShape, b: CellShape) => number,
  label: (cell: CellShape) => string,
): string[] => [
  ...new Set(
    cells
      .map(({ cell }) => cell)
      .sort(order)
      .map(label),
  ),
];

/** The maps of all targets; all have the rows and columns of the whole plan, so that they stand side by side. */
export function targetGrids(cells: readonly CellView[]): TargetGrid[] {
  const rows = labelsIn(cells, byShape, shapeText);
  const columns = labelsIn(cells, byLoad, loadText);
  const targets = [...new Set(cells.map(({ target }) => target))];
  return targets.map((target) => {
    const places = rows.map(() => columns.map((): CellMark[] => []));
    for (const view of cells) {
      if (view.target !== target) continue;
      places[rows.indexOf(shapeText(view.cell))]![columns.indexOf(loadText(view.cell))]!.push(
        markOf(view.status),
      );
    }
    return {
      target,
      columns,
      rows: rows.map((label, index) => ({ label, places: places[index]! })),
      ...activePlace(places),
    };
  });
}

function activePlace(places: readonly (readonly Place[])[]): { activeRow: number; activeColumn: number } {
  for (const kind of ['running', 'pending'] as const) {
    const isActive = (place: Place): boolean => place.some((mark) => mark.kind === kind);
    const activeRow = places.findIndex((row) => row.some(isActive));
    if (activeRow >= 0) return { activeRow, activeColumn: places[activeRow]!.findIndex(isActive) };
  }
  return { activeRow: 0, activeColumn: 0 };
}

/** How many columns of the screen one column of the map takes, without the gap. */
export const columnWidth = ({ columns, rows }: TargetGrid): number =>
  Math.max(
    ...columns.map((label) => label.length),
    ...rows.flatMap(({ places }) =>
      places.map(({ length }) => (length > DRAWN_REPEATS ? `1${length}/${length}`.length : length)),
    ),
  );

/** The window of `size` items out of `total` that has `active` in it, as far in the middle as the ends allow. */
export function windowAround(total: number, active: number, size: number): { start: number; end: number } {
  if (size >= total) return { start: 0, end: total };
  const start = Math.min(Math.max(0, active - Math.floor(size / 2)), total - size);
  return { start, end: start + Math.max(0, size) };
}
