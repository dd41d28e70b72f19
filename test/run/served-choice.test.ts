import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { RoundPlanner } from '../../src/run/adaptive-planner.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { Execution, type RunOptions } from '../../src/run/orchestrate.ts';
import { readRun } from '../../src/run/read-run.ts';
import { becomesFree } from '../../src/server/port.ts';
import { loadLab } from '../../src/suite/targets.ts';
import { freePort } from '../ports.ts';
import { loadText } from '../suite/suite-text.ts';
import { temporaryFolder } from './facts.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));
const STOP =
  'stop: { confidence_half_width: 0.5, min_requests: 4, max_requests: 30, min_s: 0.05, max_s: 0.2 }\n';

/** Two sizes of a simulated server on one port, and the suite's text. */
async function lab(
  grid: string,
  more = '',
): Promise<Pick<RunOptions, 'suite' | 'targets'> & { url: string }> {
  const port = await freePort();
  const file = join(await temporaryFolder(), 'lab.yaml');
  const argv = [process.execPath, RIDGE, 'simulate', '--tp', '{tensor_parallel}', '--port', '{port}'];
  const serve = {
    argv: [...argv, '--time-scale', '0.05'],
    stop: { grace_s: 5 },
    variants: { tp1: { tensor_parallel: 1 }, tp2: { tensor_parallel: 2 } },
  };
  const url = `http://127.0.0.1:${port}`;
  const targets = { sim: { url, accelerator: 'h100-sxm', serve } };
  await writeFile(file, JSON.stringify({ schema_version: 1, targets }));
  return { suite: loadText(`${grid}${STOP}${more}`), targets: await loadLab(file), url };
}

async function execute(options: Pick<RunOptions, 'suite' | 'targets' | 'folder'> & Partial<RunOptions>) {
  const execution = new Execution({
    id: 'run-1',
    resume: false,
    parallel: false,
    simulate: null,
    ...options,
  });
  const events: RunEvent[] = [];
  execution.events.subscribe((event) => events.push(event));
  const exitCode = await execution.start();
  const starts = events.filter(
    (event) => event.kind === 'target_state' && event.message?.includes('was ready after'),
  );
  return { exitCode, events, starts: starts.length, ...(await readRun(options.folder)) };
}

describe('servers that a run starts and whose cells are chosen as it goes', { timeout: 120_000 }, () => {
  test('are searched for their highest load one after another; a resumed search that is whole starts none', async () => {
    const { url, ...given } = await lab(
      'grid: [{ input: [64], output: [8], load: { concurrency: [2] } }]\n',
      'objectives: { tpot_mean_ms: 0.7 }\n',
    );
    const folder = join(await temporaryFolder(), 'run-1');
    const findMax = { axis: 'concurrency', tolerance: 3 } as const;
    const first = await execute({ ...given, folder, findMax });
    expect(first.starts).toBe(2);
    expect(first.run.targets.map(({ name }) => name)).toEqual(['sim-tp1', 'sim-tp2']);
    const { searches } = JSON.parse(await readFile(join(folder, 'find-max.json'), 'utf8'));
    expect(searches.map(({ target }: { target: string }) => target)).toEqual(['sim-tp1', 'sim-tp2']);
    for (const { ended } of searches) expect(ended).not.toBeNull();
    for (const name of ['sim-tp1', 'sim-tp2'])
      expect(first.records.filter(({ target }) => target === name).length).toBeGreaterThan(1);
    expect(await becomesFree(url, 10_000, new AbortController().signal)).toBe(true);
    const again = await execute({ ...given, folder, findMax, resume: true });
    expect(again.starts).toBe(0);
    expect(again.records.length).toBe(first.records.length);
    const told = again.events.flatMap((event) => (event.kind === 'search' ? [event.ended] : []));
    expect(told).toEqual(searches.map(({ ended }: { ended: string }) => ended));
  });

  test('are measured in rounds of their own, each with a part of the time, anchors of a restart at the end', async () => {
    const { url: _, ...given } = await lab(
      `grid:
  - { input: [64], output: [8], load: { concurrency: [1] }, anchor: true }
  - { input: [64], output: [8], load: { concurrency: [2, 3, 4] } }
`,
      'restarts: 1\n',
    );
    const asked: (readonly string[])[] = [];
    const planner: RoundPlanner = {
      options: { goals: { tpot_ms: 5 }, asked: [], criterion: 'i', budget_minutes: 10 },
      async next({ planned, open, records }) {
        asked.push(planned.map(({ target }) => target.name));
        const own = records.filter(({ target }) => target === planned[0]!.target.name);
        const isMet = own.length >= 2;
        return {
          widths: { ttft_ms: null, tpot_ms: 3 },
          fitted: true,
          ended: isMet ? 'goal' : null,
          cells: isMet ? [] : open.slice(0, 1),
        };
      },
    };
    const folder = join(await temporaryFolder(), 'run-1');
    const { exitCode, events, records, starts } = await execute({ ...given, folder, rounds: planner });
    expect([0, 1]).toContain(exitCode);
    // Each once for its rounds, once more for the anchor after the restart.
    expect(starts).toBe(4);
    expect(new Set(asked.map((names) => names.join()))).toEqual(new Set(['sim-tp1', 'sim-tp2']));
    for (const name of ['sim-tp1', 'sim-tp2']) {
      const cells = records.filter(({ target }) => target === name).map(({ cell }) => cell);
      const places = cells.map(({ anchor, restart }) => `${anchor ?? 'chosen'}${restart ?? ''}`);
      expect(new Set(places)).toEqual(new Set(['start', 'chosen', 'end', 'start1']));
    }
    const rounds = events.flatMap((event) => (event.kind === 'round' ? [event] : []));
    expect(rounds.map(({ round }) => round)).toEqual(rounds.map((_, index) => index + 1));
    const ends = rounds.filter(({ ended }) => ended !== null);
    expect(ends.map(({ target, ended }) => [target, ended])).toEqual([
      ['sim-tp1', 'goal'],
      ['sim-tp2', 'goal'],
    ]);
    expect(ends[0]!.budget_s).toBeLessThan(ends[1]!.budget_s);
  });
});
