import { expect, test } from 'vitest';
import { createProgressLines } from '../../src/report/progress-lines.ts';
import { DEMO_PLAN, record, recording, runStarted, shape } from '../dashboard/events.ts';

const statistic = (mean: number, half_width_95: number | null) => ({
  n: 20,
  mean,
  standard_deviation: 1,
  half_width_95,
  percentiles: [],
});
const cell = shape(4096, 512, 16);
const measured = {
  ...record('tp1', cell, 'flagged'),
  metrics: {
    ttft_ms: statistic(45.31, 0.55),
    tpot_ms: statistic(8.312, null),
    output_tokens_per_s: 1234.4,
  },
  reasons: [
    { code: 'not_converged', effect: 'flagged', fit: 'use', message: '', value: null, threshold: null },
  ],
} as unknown as ReturnType<typeof record>;

test('a finished cell is one numbered line with verdict, latencies, throughput and reasons', () => {
  const lines = createProgressLines();
  expect(lines(runStarted(DEMO_PLAN))).toBe('run 2026-01-01T00-00-00-demo: demo, 24 cells, about 1 min 30 s');
  expect(lines({ kind: 'cell_finished', target: 'tp1', record: measured, reused: false })).toBe(
    '[1/24] tp1 4k/512 c 16: flagged  TTFT 45.3 ms ±1.2 %  TPOT 8.31 ms  1234 tok/s  (not_converged)',
  );
});

test('a cell that is told again, because the whole run changed its verdict, is not counted again', () => {
  const lines = createProgressLines();
  lines(runStarted(DEMO_PLAN));
  const first = record('tp1', cell);
  lines({ kind: 'cell_finished', target: 'tp1', record: first, reused: false });
  const again = { ...first, verdict: 'flagged' as const };
  expect(lines({ kind: 'cell_finished', target: 'tp1', record: again, reused: true })).toBe(
    'tp1 4k/512 c 16: now flagged',
  );
});

test('a cell that failed counts, and says why on one line', () => {
  const lines = createProgressLines();
  lines(runStarted(DEMO_PLAN));
  expect(lines({ kind: 'cell_failed', target: 'tp1', cell, message: 'agent died\n\u001b[31mexit 1' })).toBe(
    '[1/24] tp1 4k/512 c 16: not measured: agent died exit 1',
  );
});

test('a whole run numbers every cell once and ends with the counts; live figures make no lines', () => {
  const log = recording(DEMO_PLAN)
    .map(createProgressLines())
    .filter((line) => line !== null);
  expect(log.filter((line) => line.startsWith('['))).toHaveLength(24);
  expect(log.findLast((line) => line.startsWith('['))).toMatch(/^\[24\/24\] /);
  expect(log.at(-1)).toBe('done: 14 valid, 3 flagged, 3 invalid, 4 not measured');
  expect(log.length).toBeLessThan(35);
});
