import { sameLoad } from '../plan/closed-loop-cell.ts';
import { oneLine } from '../report/one-line.ts';
import type { RunEvent } from '../run/events.ts';
import { endpointFailed } from '../run/lane.ts';
import { type CellShape, searchKey } from '../run/schema.ts';
import {
  type CellStatus,
  type CellView,
  type DashboardEvent,
  type DashboardState,
  isOver,
  type Lane,
  type RunState,
  type Search,
} from './state.ts';

const KEPT_WARNINGS = 20;

const sameCell = (a: CellShape, b: CellShape): boolean =>
  sameLoad(a, b) && a.repeat === b.repeat && a.anchor === b.anchor && a.restart === b.restart;

const newLane = (name: string): Lane => ({
  name,
  accelerator: '',
  tensorParallel: null,
  model: '',
  state: 'starting',
  message: null,
  current: null,
  energy: null,
});

function withLane(state: DashboardState, name: string, change: Partial<Lane>): DashboardState {
  const known = state.lanes.some((lane) => lane.name === name);
  const lanes = known ? state.lanes : [...state.lanes, newLane(name)];
  return { ...state, lanes: lanes.map((lane) => (lane.name === name ? { ...lane, ...change } : lane)) };
}

/** After a cell; a lane that is restarting or failed stays so. */
function withIdleLane(state: DashboardState, name: string): DashboardState {
  const measuring = state.lanes.some((lane) => lane.name === name && lane.state === 'measuring');
  return withLane(state, name, measuring ? { state: 'ready', current: null } : { current: null });
}

const withCell = (
  state: DashboardState,
  target: string,
  cell: CellShape,
  statusAfter: (before: CellView) => CellStatus,
): DashboardState => ({
  ...state,
  cells: state.cells.map((view) =>
    view.target === target && sameCell(view.cell, cell) ? { ...view, status: statusAfter(view) } : view,
  ),
});

/** A search chooses its cells as it goes: each comes into the map when it is started. */
function withPlanned(state: DashboardState, target: string, cell: CellShape): DashboardState {
  if (!state.isSearch || state.cells.some((view) => view.target === target && sameCell(view.cell, cell)))
    return state;
  return { ...state, cells: [...state.cells, { target, cell, status: { state: 'pending' } }] };
}

function withEnergy(state: DashboardState, { target, record }: Extract<RunEvent, { kind: 'cell_finished' }>) {
  const power_w = record.energy?.power_w ?? null;
  if (power_w === null) return state;
  const joules_per_token = record.energy?.joules_per_output_token?.gross ?? null;
  return withLane(state, target, { energy: { power_w, joules_per_token } });
}

const sameShape = (a: Search, b: Search): boolean => searchKey(a) === searchKey(b);

const withWarning = (state: DashboardState, target: string | null, message: string): DashboardState => ({
  ...state,
  warnings: [
    ...state.warnings,
    { sequence: (state.warnings.at(-1)?.sequence ?? -1) + 1, target, message: oneLine(message) },
  ].slice(-KEPT_WARNINGS),
});

function started(state: DashboardState, event: Extract<RunEvent, { kind: 'run_started' }>, nowS: number) {
  const lanes = event.targets.reduce(
    (next, { name, accelerator, tensor_parallel, model }) =>
      withLane(next, name, { accelerator, tensorParallel: tensor_parallel, model }),
    state,
  ).lanes;
  return {
    ...state,
    runState: 'running' as const,
    suite: event.suite,
    runId: event.run_id,
    isSearch: event.searches ?? false,
    lanes,
    cells: event.cells.map((planned) => ({ ...planned, status: { state: 'pending' as const } })),
    remaining: { seconds: event.estimated_s, atMost: event.adaptive === true, atS: nowS },
  };
}

/** A server that the run started is known now: its cells as they are, in the place of those expected. */
function planned(state: DashboardState, { target, cells }: Extract<RunEvent, { kind: 'target_planned' }>) {
  const { name, accelerator, tensor_parallel, model } = target;
  const at = state.cells.findIndex((view) => view.target === name);
  const others = state.cells.filter((view) => view.target !== name);
  const own = cells.map((cell) => ({ target: name, cell, status: { state: 'pending' as const } }));
  return {
    ...withLane(state, name, { accelerator, tensorParallel: tensor_parallel, model }),
    cells: others.toSpliced(at < 0 ? others.length : at, 0, ...own),
  };
}

/** Nothing runs any more: a cell that was cut off has no verdict and counts as left. */
const ended = (state: DashboardState, runState: RunState): DashboardState => ({
  ...state,
  runState,
  remaining: null,
  lanes: state.lanes.map((lane) => ({
    ...lane,
    state: lane.state === 'measuring' ? 'ready' : lane.state,
    current: null,
  })),
  cells: state.cells.map((view) =>
    view.status.state === 'running' ? { ...view, status: { state: 'pending' } } : view,
  ),
});

function apply(state: DashboardState, event: DashboardEvent, nowS: number): DashboardState {
  switch (event.kind) {
    case 'run_started':
      return started(state, event, nowS);
    case 'client': {
      const { host, calibration } = event;
      return { ...state, clients: { ...state.clients, [host]: calibration } };
    }
    case 'target_planned':
      return planned(state, event);
    case 'target_state':
      return withLane(state, event.target, {
        state: event.state,
        message: event.message === null ? null : oneLine(event.message),
      });
    case 'cell_started': {
      const known = withPlanned(state, event.target, event.cell);
      const running = withCell(known, event.target, event.cell, () => ({ state: 'running' }));
      const current = { cell: event.cell, attempt: event.attempt, progress: null };
      return { ...withLane(running, event.target, { state: 'measuring', current }), focus: event.target };
    }
    case 'cell_progress': {
      const attempt = state.lanes.find(({ name }) => name === event.target)?.current?.attempt ?? 1;
      const current = { cell: event.cell, attempt, progress: event.progress };
      return withLane(state, event.target, { current });
    }
    case 'cell_finished': {
      const { verdict, cell } = event.record;
      const known = withEnergy(withPlanned(state, event.target, cell), event);
      const rest = event.reused ? known : withIdleLane(known, event.target);
      // As the counts at the end have it: not measured.
      if (endpointFailed(event.record))
        return withCell(rest, event.target, cell, () => ({ state: 'failed' }));
      return withCell(rest, event.target, cell, ({ status }) => ({
        state: 'finished',
        verdict,
        // A cell told again is one whose verdict changed at the end of the run.
        reused: status.state === 'finished' ? status.reused : event.reused,
      }));
    }
    case 'cell_failed': {
      const failed = withCell(state, event.target, event.cell, () => ({ state: 'failed' }));
      return withWarning(withIdleLane(failed, event.target), event.target, event.message);
    }
    case 'remaining':
      return {
        ...state,
        remaining: { seconds: event.seconds, atMost: event.round_s !== undefined, atS: nowS },
      };
    case 'round':
      return { ...state, round: event };
    case 'restart_spread':
      return state;
    case 'search':
      return { ...state, searches: [...state.searches.filter((one) => !sameShape(one, event)), event] };
    case 'warning':
      return withWarning(state, event.target, event.message);
    case 'paused':
      return state.runState === 'running' ? { ...state, runState: 'paused' } : state;
    case 'resumed':
      return state.runState === 'paused' ? { ...state, runState: 'running' } : state;
    case 'stop_requested':
      return isOver(state.runState) ? state : { ...state, runState: 'stopping' };
    case 'run_finished':
      return ended(state, event.outcome);
  }
}

/** The next state. Pure; unknown targets get a lane, cells that were not planned are left out of the map. */
export const reduce = (state: DashboardState, event: DashboardEvent, nowS: number): DashboardState =>
  apply(state.startedAtS === null ? { ...state, startedAtS: nowS } : state, event, nowS);
