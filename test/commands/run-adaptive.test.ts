import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import { plainWatcher } from '../../src/commands/run-plain.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { readRun } from '../../src/run/read-run.ts';
import { ridge } from '../cli/ridge.ts';
import { DEMO_PLAN, record, runStarted, shape } from '../dashboard/events.ts';
import { temporaryFolder } from '../run/facts.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));
const SUITE = `schema_version: 1
name: small
grid:
  - { input: [64, 512, 2048], output: [2, 12], load: { concurrency: [1] } }
  - { input: [64, 256], output: [12], load: { concurrency: [2, 4] } }
  - { input: [128], output: [12], load: { concurrency: [3] }, hold_out: true }
stop: { confidence_half_width: 0.9, min_requests: 4, max_requests: 30, min_s: 0.1, max_s: 0.3 }
`;

async function suiteIn(): Promise<{ folder: string; suite: string }> {
  const folder = await temporaryFolder();
  const suite = join(folder, 'small.yaml');
  await writeFile(suite, SUITE);
  return { folder, suite };
}

describe('ridge run --adaptive', { timeout: 90_000 }, () => {
  const simulate = ['--simulate', '--simulate-tp', '1', '--simulate-time-scale', '0.3', '--plain'];
  // Tiny windows on a busy machine: the goal is wide, what matters is that it is met by fewer cells than there are.
  const goals = ['--adaptive', '--goal', 'tpot_ms=900', '--goal', 'ttft_ms=900', '--budget-minutes', '1.5'];

  test('over sockets: rounds of cells, stopped and resumed, until the goal', async () => {
    const { folder, suite } = await suiteIn();
    const out = join(folder, 'run');
    const child = execaNode(RIDGE, ['run', suite, ...simulate, ...goals, '--out', out], { reject: false });
    for await (const line of child.iterable()) {
      if (/ [2]\/11 /.test(String(line))) child.kill('SIGINT');
    }
    const first = await child;
    expect(first.exitCode).toBe(130);
    expect(first.stdout).toMatch(/round 1: TTFT ±\d+ % \(goal 900\), .*no fit yet; 6 cells next/);
    const kept = (await readRun(out)).records.length;
    const again = await execaNode(RIDGE, ['run', '--resume', out, '--plain'], {
      reject: false,
      stdin: 'ignore',
    });
    expect(again.stdout.match(/\(kept\)/g)).toHaveLength(kept);
    const { run, records } = await readRun(out);
    expect(run.adaptive).toMatchObject({ goals: { ttft_ms: 900, tpot_ms: 900 }, budget_minutes: 1.5 });
    expect(run.suite.content.grid).toHaveLength(3);
    expect(again.stdout).toMatch(/round \d+: .*(goal reached|no cell is left that would tell more);/);
    expect(records.some(({ cell }) => cell.hold_out)).toBe(true);
    expect(first.stdout).toMatch(/^stopped in round \d+; mean 90 % half-widths/m);
    expect(again.stdout).toMatch(/^ {2}TPOT ±[\d.]+ %, goal 900 %: (not )?reached/m);
    expect([0, 1, 3]).toContain(again.exitCode);
  });

  test('a goal that is none ends it before anything is started', async () => {
    const { folder, suite } = await suiteIn();
    const out = join(folder, 'run');
    const flags = ['--simulate', '--simulate-tp', '1', '--goal', 'power_w=3', '--adaptive'];
    const refused = await ridge('run', suite, ...flags, '--out', out);
    expect(existsSync(out)).toBe(false);
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--goal: 'power_w' is neither ttft_ms nor tpot_ms"),
    });
  });

  test.each([
    [['--goal', 'tpot_ms=5'], '--goal belongs to --adaptive'],
    [['--budget-minutes', '5'], '--budget-minutes belongs to --adaptive'],
    [['--adaptive', '--budget-minutes', '0'], "--budget-minutes: '0' is not a number above 0"],
    [['--adaptive', '--for', 'input=5'], '--for: output is missing'],
  ])('%j is refused', async (more, words) => {
    const { exitCode, stderr } = await ridge('run', 'suites/quick.yaml', '--simulate', ...more);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });
});

test('plain lines of an adaptive run tell the round from the whole, and once what no fit means', () => {
  const lines: string[] = [];
  const watch = plainWatcher(
    (line) => lines.push(line),
    () => 0,
  );
  watch({ ...runStarted(DEMO_PLAN), estimated_s: 600, adaptive: true });
  const round: RunEvent = {
    kind: 'round',
    round: 1,
    cells: 6,
    fitted: false,
    half_width_percent: { ttft_ms: 107, tpot_ms: 66 },
    goals_percent: {},
    spent_s: 0,
    budget_s: 600,
    ended: null,
  };
  watch(round);
  watch({ kind: 'remaining', seconds: 540, round_s: 61 });
  const cell = shape(4096, 512, 16);
  watch({ kind: 'cell_finished', target: 'tp1', record: record('tp1', cell, 'valid'), reused: false });
  watch({ ...round, round: 2, ended: 'goal' });
  watch({ kind: 'remaining', seconds: 30 });
  const other = shape(4096, 512, 1);
  watch({ kind: 'cell_finished', target: 'tp1', record: record('tp1', other, 'valid'), reused: false });
  expect(lines[0]).toContain('up to 24 cells, at most 10 min');
  expect(lines.filter((line) => line.includes('before the first fit come from the priors'))).toHaveLength(1);
  expect(lines.find((line) => line.includes(' 1/24 '))).toMatch(
    /, 1 min 1 s left of round 1, at most 9 min left in all$/,
  );
  expect(lines.at(-1)).toMatch(/ 2\/24 .*, 30 s left$/);
});

test('plain lines tell the half-widths against the goals and what is left of the budget', () => {
  const lines: string[] = [];
  const watch = plainWatcher(
    (line) => lines.push(line),
    () => 0,
  );
  const round: RunEvent = {
    kind: 'round',
    round: 3,
    cells: 3,
    fitted: true,
    half_width_percent: { ttft_ms: 12.3, tpot_ms: 4.56 },
    goals_percent: { tpot_ms: 5 },
    spent_s: 600,
    budget_s: 3600,
    ended: null,
  };
  watch(round);
  watch({ ...round, cells: 0, ended: 'budget' });
  expect(lines.map((line) => line.trim().replace(/^0:00 +/, ''))).toEqual([
    'round 3: TTFT ±12 %, TPOT ±4.6 % (goal 5); 3 cells next; 50 min of the budget left',
    'round 3: TTFT ±12 %, TPOT ±4.6 % (goal 5); the time is spent; 50 min of the budget left',
  ]);
});
