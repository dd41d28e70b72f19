import { expect, test } from 'vitest';
import { plainWatcher } from '../../src/commands/run-plain.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { calibration } from '../calibrate/made.ts';
import { DEMO_PLAN, record, recording, runStarted, shape } from '../dashboard/events.ts';

/** The lines of these events, one second apart. */
function linesOf(events: readonly RunEvent[]): string[] {
  const lines: string[] = [];
  let nowMs = 0;
  const watch = plainWatcher(
    (line) => lines.push(line),
    () => nowMs,
  );
  for (const event of events) {
    watch(event);
    nowMs += 1000;
  }
  return lines;
}

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
    { code: 'multi_token_chunks', effect: 'note', fit: 'use', message: '', value: null, threshold: null },
  ],
} as unknown as ReturnType<typeof record>;
const finished = { kind: 'cell_finished', target: 'tp1', record: measured, reused: false } as const;

test('a finished cell is one numbered line with latencies, throughput, verdict and reasons', () => {
  const [first, target, , line] = linesOf([
    runStarted(DEMO_PLAN),
    { kind: 'remaining', seconds: 65 },
    finished,
  ]);
  expect(first).toBe(' 0:00  run 2026-01-01T00-00-00-demo: 24 cells, about 1 min 30 s');
  expect(target).toContain(
    'target tp1: meta-llama/Llama-3.1-8B-Instruct on h100-sxm-80gb, TP 1, vllm 0.32.0',
  );
  expect(line).toBe(
    ' 0:02   1/24 tp1: 4096 in, 512 out, 16 streams: TTFT 45.3 ms, TPOT 8.31 ms, 1234 tok/s: flagged (not_converged), 1 min 5 s left',
  );
});

test('a cell of which the server could not serve the rate says so', () => {
  const overloaded = { ...finished, record: { ...measured, stopped_by: 'overloaded' as const } };
  expect(linesOf([runStarted(DEMO_PLAN), overloaded]).at(-1)).toMatch(
    /: flagged \(not_converged\), overloaded$/,
  );
});

test('a cell that is told again, because the whole run changed its verdict, is not counted again', () => {
  const lines = linesOf([
    runStarted(DEMO_PLAN),
    finished,
    { ...finished, reused: true },
    { ...finished, target: 'tp2' },
  ]);
  expect(lines).toHaveLength(5);
  expect(lines[4]).toMatch(/^ 0:03 {3}2\/24 tp2/);
});

test('a cell kept from an earlier run says so', () => {
  expect(linesOf([runStarted(DEMO_PLAN), { ...finished, reused: true }]).at(-1)).toMatch(
    / 1\/24 tp1: .* \(kept\)$/,
  );
});

test('a cell that failed counts, and says why on one line', () => {
  const failed = {
    kind: 'cell_failed',
    target: 'tp1',
    cell,
    message: 'agent died\n\u001b[31mexit 1',
  } as const;
  expect(linesOf([runStarted(DEMO_PLAN), failed]).at(-1)).toBe(
    ' 0:01   1/24 tp1: 4096 in, 512 out, 16 streams: not measured: agent died exit 1',
  );
});

test('a cell whose requests failed is called what the counts call it', () => {
  const reasons = [{ ...measured.reasons[0]!, code: 'request_failed', effect: 'invalid' }] as const;
  const one = { ...record('tp1', shape(4096, 512, 1), 'invalid'), reasons: [...reasons] };
  expect(linesOf([runStarted(DEMO_PLAN), { ...finished, record: one }]).at(-1)).toBe(
    ' 0:01   1/24 tp1: 4096 in, 512 out, 1 stream: not measured (request_failed)',
  );
});

test('a whole run numbers every cell once and ends with the counts; live figures make no lines', () => {
  const log = linesOf(recording(DEMO_PLAN));
  expect(log.filter((line) => /\d\/24 tp/.test(line))).toHaveLength(24);
  expect(log.at(-1)).toMatch(/done: 14 valid, 3 flagged, 3 invalid, 4 not measured$/);
  expect(log.length).toBeLessThan(35);
});

test('a server that the run starts is named when its turn comes, with the cells that it really has', () => {
  const { targets, cells } = runStarted(DEMO_PLAN);
  const target = targets[0]!;
  const own = cells.filter((one) => one.target === target.name);
  const spread = { between_starts_percent: 4.2, sampling_percent: 0.5 };
  const lines = linesOf([
    { ...runStarted(DEMO_PLAN), targets: [{ ...target, model: '', engine: '' }] },
    { kind: 'target_planned', target, cells: [own[0]!.cell] },
    { ...finished, target: target.name },
    {
      kind: 'restart_spread',
      target: target.name,
      spread: {
        target: target.name,
        starts: 3,
        anchors: 1,
        ttft: spread,
        tpot: null,
        output_tokens_per_s: null,
      },
    },
  ]);
  expect(lines[1]).toContain('its server is started when its turn comes');
  expect(lines[2]).toContain(`target ${target.name}: ${target.model} on`);
  expect(lines[3]).toContain(`/${cells.length - own.length + 1} `);
  expect(lines[4]).toContain(
    'between 3 starts of the server 1 anchor differs by TTFT 4.2 % (0.50 % by sampling)',
  );
});

test('the client of each host is one line, told once: what it was calibrated to, or that it was not', () => {
  const client = { kind: 'client', host: 'lab-7', calibration: { state: 'none' } } as const;
  const lines = linesOf([
    runStarted(DEMO_PLAN),
    client,
    { ...client, host: 'lab-8', calibration: { state: 'calibrated', ...calibration() } },
    client,
  ]);
  expect(lines.slice(-2)).toEqual([
    ' 0:01  client on lab-7: not calibrated: ridge calibrate',
    expect.stringContaining(
      ' 0:02  client on lab-8: calibrated 2026-03-01 10:20: TTFT 0.42 ms late (p99 1.1)',
    ),
  ]);
});
