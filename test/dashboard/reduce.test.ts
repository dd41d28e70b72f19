import { describe, expect, test } from 'vitest';
import { markOf } from '../../src/dashboard/glyphs.ts';
import { reduce } from '../../src/dashboard/reduce.ts';
import { type DashboardEvent, initialState, remainingS } from '../../src/dashboard/state.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { reason } from '../agent/facts.ts';
import { DEMO_PLAN, progress, record, recording, runStarted, shape } from './events.ts';

const stateAfter = (events: readonly DashboardEvent[]) =>
  events.reduce((state, event, second) => reduce(state, event, second), initialState);
const started = runStarted(DEMO_PLAN);
const cell = shape(128, 64, 8);
const cellStarted: RunEvent = { kind: 'cell_started', target: 'tp1', cell, attempt: 1 };
const kindIn = (state: ReturnType<typeof stateAfter>, target = 'tp1') => markIn(state, target).kind;
const markIn = (state: ReturnType<typeof stateAfter>, target = 'tp1') =>
  markOf(state.cells.find((view) => view.target === target && view.cell.concurrency === 8)!.status);

test('cells of a server that the run started take the place of those expected', () => {
  const state = stateAfter([
    started,
    { kind: 'target_planned', target: { ...started.targets[0]!, model: 'm-8b' }, cells: [cell] },
  ]);
  const order = [...new Set(state.cells.map(({ target }) => target))];
  expect(order).toEqual([...new Set(stateAfter([started]).cells.map(({ target }) => target))]);
  expect(state.cells.filter(({ target }) => target === started.targets[0]!.name)).toEqual([
    { target: started.targets[0]!.name, cell, status: { state: 'pending' } },
  ]);
  expect(state.lanes[0]!.model).toBe('m-8b');
});

describe('a cell in the map', () => {
  test('is pending, running, then has its verdict, on its own target only', () => {
    expect(kindIn(stateAfter([started]))).toBe('pending');
    expect(kindIn(stateAfter([started, cellStarted]))).toBe('running');
    const finished = stateAfter([
      started,
      cellStarted,
      { kind: 'cell_finished', target: 'tp1', record: record('tp1', cell, 'flagged'), reused: false },
    ]);
    expect(kindIn(finished)).toBe('flagged');
    expect(kindIn(finished, 'tp2')).toBe('pending');
    expect(finished.lanes[0]!.current).toBeNull();
  });

  test('that failed is failed and its message becomes a warning', () => {
    const state = stateAfter([
      started,
      cellStarted,
      { kind: 'cell_failed', target: 'tp1', cell, message: 'agent died' },
    ]);
    expect(kindIn(state)).toBe('failed');
    expect(state.warnings).toEqual([{ sequence: 0, target: 'tp1', message: 'agent died' }]);
  });

  test('whose requests failed counts as not measured, whatever its verdict', () => {
    const { reasons, ...rest } = record('tp1', cell, 'invalid');
    const failed = { ...rest, reasons: [...reasons, reason('request_failed')] };
    const state = stateAfter([
      started,
      { kind: 'cell_finished', target: 'tp1', record: failed, reused: false },
    ]);
    expect(kindIn(state)).toBe('failed');
  });

  test('reused from an earlier run shows its verdict, and that it was kept', () => {
    const reused = (verdict: 'valid' | 'invalid') =>
      markIn(
        stateAfter([
          started,
          { kind: 'cell_finished', target: 'tp1', record: record('tp1', cell, verdict), reused: true },
        ]),
      );
    expect([reused('valid'), reused('invalid')]).toEqual([
      { kind: 'valid', kept: true },
      { kind: 'invalid', kept: true },
    ]);
  });

  test('whose verdict changes at the end of the run was still measured by this run', () => {
    const finished = { kind: 'cell_finished', target: 'tp1', reused: false } as const;
    const state = stateAfter([
      started,
      cellStarted,
      { ...finished, record: record('tp1', cell, 'valid') },
      { ...finished, record: record('tp1', cell, 'flagged'), reused: true },
    ]);
    expect(kindIn(state)).toBe('flagged');
    const valid = stateAfter([
      started,
      { ...finished, record: record('tp1', cell) },
      { ...finished, record: record('tp1', cell), reused: true },
    ]);
    expect(kindIn(valid)).toBe('valid');
  });

  test('differs from its repeats and anchors', () => {
    const repeats = [cell, shape(128, 64, 8, { repeat: 1 }), shape(128, 64, 8, { anchor: 'end' })];
    const state = stateAfter([
      { ...started, cells: repeats.map((one) => ({ target: 'tp1', cell: one })) },
      { kind: 'cell_started', target: 'tp1', cell: repeats[1]!, attempt: 1 },
    ]);
    expect(state.cells.map(({ status }) => status.state)).toEqual(['pending', 'running', 'pending']);
  });
});

test('a reused cell does not stop the lane that measures another one', () => {
  const state = stateAfter([
    started,
    cellStarted,
    { kind: 'cell_finished', target: 'tp1', record: record('tp1', shape(512, 64, 1)), reused: true },
  ]);
  expect(state.lanes[0]!.current?.cell).toEqual(cell);
});

test('live figures belong to the lane, and the attempt survives them', () => {
  const state = stateAfter([
    started,
    { kind: 'cell_started', target: 'tp1', cell, attempt: 2 },
    { kind: 'cell_progress', target: 'tp1', cell, progress: progress({ ttft_ms: 7 }) },
  ]);
  expect(state.lanes[0]!.current).toMatchObject({ attempt: 2, progress: { ttft_ms: 7 } });
  expect(state.lanes[1]!.current).toBeNull();
});

test('targets that report before the run starts keep their state', () => {
  const state = stateAfter([
    { kind: 'target_state', target: 'tp2', state: 'identifying', message: 'http://host' },
    started,
  ]);
  expect(state.lanes.map(({ name }) => name).sort()).toEqual(['tp1', 'tp2']);
  expect(state.lanes.find(({ name }) => name === 'tp2')).toMatchObject({
    state: 'identifying',
    tensorParallel: 2,
  });
});

test('pausing, going on and stopping', () => {
  const paused = stateAfter([started, { kind: 'paused' }]);
  expect(paused.runState).toBe('paused');
  expect(reduce(paused, { kind: 'resumed' }, 9).runState).toBe('running');
  const stopping = reduce(paused, { kind: 'stop_requested' }, 9);
  expect(reduce(stopping, { kind: 'resumed' }, 10).runState).toBe('stopping');
});

test('remaining time counts down between reports and never below zero', () => {
  const state = reduce(initialState, { kind: 'remaining', seconds: 10 }, 100);
  expect([remainingS(state, 100), remainingS(state, 104), remainingS(state, 200)]).toEqual([10, 6, 0]);
  expect(remainingS(initialState, 0)).toBeNull();
});

test('text from outside cannot move the cursor or take a second line', () => {
  const state = stateAfter([
    { kind: 'warning', target: null, message: '\u001b[2Jred\r\nalert\u0007 \u001b]0;title\u0007' },
  ]);
  expect(state.warnings[0]!.message).not.toMatch(/\p{Cc}/u);
  expect(state.warnings[0]!.message).toContain('red alert');
});

test('a cell that was cut off by the end of the run is left, not running', () => {
  const end = {
    ...(recording(DEMO_PLAN).at(-1)! as Extract<RunEvent, { kind: 'run_finished' }>),
    outcome: 'interrupted' as const,
  };
  const state = stateAfter([started, cellStarted, end]);
  expect(kindIn(state)).toBe('pending');
  expect(state.runState).toBe('interrupted');
  expect(state.lanes[0]!.state).toBe('ready');
  expect(state.lanes.every(({ current }) => current === null)).toBe(true);
});

test('a whole run leaves no cell pending and no lane busy', () => {
  const state = stateAfter(recording(DEMO_PLAN));
  expect(state.runState).toBe('done');
  expect(state.cells.some(({ status }) => status.state === 'pending' || status.state === 'running')).toBe(
    false,
  );
  expect(state.lanes.every(({ current }) => current === null)).toBe(true);
});
