import { shapeText } from '../report/cell-text.ts';
import type { DashboardState } from './state.ts';

/** Rows of the screen for each part; parts that get none are left out. */
export interface Layout {
  /** 1: what an adaptive run or a search knows stands on a line of its own. */
  readonly round: 0 | 1;
  readonly lanes: number;
  readonly grid: number;
  readonly live: number;
  readonly warnings: number;
  /** Empty rows between the parts, 0 on a low screen. */
  readonly gap: 0 | 1;
}

const HEADER = 2;
const FOOTER = 2;
const GRID_TITLES = 2;
const LEAST_GRID = GRID_TITLES + 3;
/** Between header, lanes, grid, live figures, warnings and footer. */
const GAPS = 4;

const atMost = (wanted: number, limit: number): number => Math.max(0, Math.min(wanted, limit));

/**
 * Shares out the rows: the map comes first, then lanes, live figures and warnings. A frame as high as the terminal
 * would make it scroll at every update, so one row stays free.
 */
export function layOut(state: DashboardState, terminalRows: number): Layout {
  const gap = terminalRows >= 20 ? 1 : 0;
  const round = gap === 1 && (state.round !== null || state.searches.length > 0) ? 1 : 0;
  let free = terminalRows - 1 - HEADER - round - FOOTER - gap * GAPS;
  const wantedGrid = GRID_TITLES + new Set(state.cells.map(({ cell }) => shapeText(cell))).size;
  const take = (wanted: number, reserve: number): number => {
    const taken = atMost(wanted, free - reserve);
    free -= taken;
    return taken;
  };
  const measuring = Math.max(1, state.lanes.filter(({ state: lane }) => lane === 'measuring').length);
  const leastGrid = Math.min(wantedGrid, LEAST_GRID);
  const live = take(1 + Math.min(measuring, 4), leastGrid + 1);
  const lanes = take(Math.max(1, state.lanes.length), leastGrid);
  const warningsWanted = Math.min(3, state.warnings.length);
  const grid = take(wantedGrid, Math.min(1, warningsWanted));
  return { round, lanes, live, grid, warnings: take(warningsWanted, 0), gap };
}
