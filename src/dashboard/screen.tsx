import { Box } from 'ink';
import { Footer } from './footer.tsx';
import { targetGrids } from './grid.ts';
import { GridMap } from './grid-map.tsx';
import { Header } from './header.tsx';
import { Lanes } from './lanes.tsx';
import { layOut } from './layout.ts';
import { Live } from './live.tsx';
import { type DashboardState, isOver } from './state.ts';
import { Warnings } from './warnings.tsx';

export interface ScreenProps {
  readonly state: DashboardState;
  readonly nowS: number;
  readonly columns: number;
  readonly rows: number;
}

/** The whole dashboard for one state and one size of terminal. */
export function Screen({ state, nowS, columns, rows }: ScreenProps) {
  const layout = layOut(state, rows);
  return (
    <Box flexDirection="column" width={columns} rowGap={layout.gap}>
      <Header state={state} nowS={nowS} width={columns} hasRoundLine={layout.round === 1} />
      <Lanes lanes={state.lanes} rows={layout.lanes} width={columns} />
      <GridMap grids={targetGrids(state.cells)} focus={state.focus} width={columns} rows={layout.grid} />
      {layout.live > 1 && !isOver(state.runState) ? (
        <Live lanes={state.lanes} rows={layout.live} width={columns} />
      ) : null}
      <Box flexDirection="column">
        <Warnings warnings={state.warnings} rows={layout.warnings} />
        <Footer state={state} />
      </Box>
    </Box>
  );
}
