import { expect, test } from 'vitest';
import { rememberGoals } from '../../src/commands/run-goals.ts';
import { EventBus } from '../../src/run/event-bus.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { DEMO_PLAN, record, runStarted, shape } from '../dashboard/events.ts';

const round: RunEvent = {
  kind: 'round',
  round: 2,
  cells: 0,
  fitted: false,
  half_width_percent: { ttft_ms: 40, tpot_ms: 30 },
  goals_percent: { tpot_ms: 5 },
  spent_s: 60,
  budget_s: 60,
  ended: 'budget',
};
const linesOf = (...events: RunEvent[]): string[] => {
  const bus = new EventBus();
  const lines = rememberGoals(bus.subscribe);
  for (const event of events) bus.emit(event);
  return lines();
};
const reason = { code: 'client_bound', effect: 'flagged', fit: 'exclude', message: '', value: null } as const;
const finished = (concurrency: number, isUsed: boolean): RunEvent => {
  const cell = shape(4096, 512, concurrency);
  const one = { ...record('tp1', cell, 'flagged'), key: String(concurrency) };
  const reasons = isUsed ? [] : [{ ...reason, threshold: null }];
  return { kind: 'cell_finished', target: 'tp1', record: { ...one, reasons }, reused: false };
};

test('a run that is not adaptive has no such lines', () => {
  expect(linesOf(runStarted(DEMO_PLAN), finished(1, false))).toEqual([]);
});

test('without a fit it says what kept the cells out; a cell that is told twice counts once', () => {
  const lines = linesOf(round, finished(1, false), finished(2, false), finished(2, false), finished(3, true));
  expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(
    'a fit cannot use 2 of 3 cells: client_bound on 2 of them (ridge --help verdicts)',
  );
  for (const line of lines.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('with a fit the goals are enough', () => {
  expect(linesOf({ ...round, fitted: true }, finished(1, false)).at(-1)).toBe(
    '  TPOT ±30 %, goal 5 %: not reached, 25 points too wide',
  );
});

test('servers that the run starts have rounds of their own, each with its end', () => {
  const of = (target: string, ended: 'goal' | 'budget'): RunEvent => ({
    ...round,
    fitted: true,
    target,
    ended,
  });
  const text = linesOf(of('tp1', 'budget'), of('tp2', 'goal')).join('\n');
  expect(text).toContain('tp1: the time was spent');
  expect(text).toContain('tp2: every goal is reached');
});
