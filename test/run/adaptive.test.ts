import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Round, RoundPlanner } from '../../src/run/adaptive-planner.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { Execution, type RunOptions } from '../../src/run/orchestrate.ts';
import { readRun } from '../../src/run/read-run.ts';
import type { NamedTarget } from '../../src/suite/targets.ts';
import { loadText } from '../suite/suite-text.ts';
import { temporaryFolder } from './facts.ts';

const FAKE = fileURLToPath(new URL('../agent/fake-agent.ts', import.meta.url));
const suite = loadText(`grid:
  - { input: [128], output: [64], load: { concurrency: [1, 2, 3, 4, 5] } }
  - { input: [128], output: [64], load: { concurrency: [6] }, anchor: true }
  - { input: [128], output: [64], load: { concurrency: [7] }, hold_out: true }
`);
const fake = (mode: string, name = 'a'): NamedTarget => ({
  name,
  definition: {
    url: 'http://127.0.0.1:1',
    tensor_parallel: 1,
    agent_command: [process.execPath, FAKE, mode],
  },
  accelerator: null,
  where: 'test',
});

const options = { goals: { tpot_ms: 5 }, asked: [], criterion: 'i' as const, budget_minutes: 10 };

/** Chooses the open cells with the fewest streams, some a round, and meets its goal after so many records. */
const fewest = (each: number, goalAfter = Number.POSITIVE_INFINITY): RoundPlanner => ({
  options,
  async next({ open, records }): Promise<Round> {
    const reached = records.length >= goalAfter;
    const cells = [...open].sort((a, b) => a.cell.concurrency! - b.cell.concurrency!).slice(0, each);
    return {
      widths: { ttft_ms: null, tpot_ms: 50 / (1 + records.length) },
      fitted: records.length > 2,
      ended: reached ? 'goal' : cells.length === 0 ? 'no_cells' : null,
      cells,
    };
  },
});

async function execute(
  more: Partial<RunOptions>,
  meanwhile?: (event: RunEvent, execution: Execution) => void,
) {
  const folder = more.folder ?? join(await temporaryFolder(), 'run-1');
  const execution = new Execution({
    suite,
    id: 'run-1',
    resume: false,
    parallel: false,
    simulate: null,
    targets: [fake('good')],
    folder,
    ...more,
  });
  const events: RunEvent[] = [];
  execution.events.subscribe((event) => {
    events.push(event);
    meanwhile?.(event, execution);
  });
  const exitCode = await execution.start();
  const { run, records } = await readRun(folder);
  const rounds = events.filter((event) => event.kind === 'round');
  const started = events.flatMap((event) =>
    event.kind === 'cell_started' ? [`${event.cell.concurrency}${event.cell.anchor ?? ''}`] : [],
  );
  return { exitCode, events, run, records, rounds, started, folder };
}

describe('an adaptive run', () => {
  test('measures start anchors, chosen cells until the goal is met twice, then end anchors and held-out cells', async () => {
    const { exitCode, events, run, rounds, started } = await execute({ rounds: fewest(2, 3) });
    expect(exitCode).toBe(0);
    expect(started[0]).toBe('6start');
    expect(started.slice(1, 3).sort()).toEqual(['1', '2']);
    expect(started.slice(3, 5).sort()).toEqual(['3', '4']);
    expect(started.slice(5).sort()).toEqual(['6end', '7']);
    expect(rounds.map(({ round, cells, ended }) => [round, cells, ended])).toEqual([
      [1, 2, null],
      [2, 2, null],
      [3, 0, 'goal'],
    ]);
    expect(run.adaptive).toEqual(options);
    const kinds = events.filter(({ kind }) => kind === 'round' || kind === 'remaining');
    const last = kinds.findLastIndex(({ kind }) => kind === 'round');
    // Rounds are told by themselves; the last cells have no round, and their time is all that is left.
    expect(kinds.slice(1, last).every((one) => one.kind === 'round' || 'round_s' in one)).toBe(true);
    expect(kinds.slice(last + 1).every((one) => !('round_s' in one))).toBe(true);
  });

  test('that runs out of cells before its goal ends with 1, with every verdict on disk', async () => {
    const { exitCode, events, records, folder } = await execute({ rounds: fewest(3) });
    expect(exitCode).toBe(1);
    expect(records).toHaveLength(8);
    expect(events.at(-1)).toMatchObject({ outcome: 'done', counts: { valid: 8, not_measured: 0 } });
    expect(await readFile(join(folder, 'log.jsonl'), 'utf8')).toContain('"ended":"no_cells"');
  });

  test('offers each cell once, and the time less what the last cells need', async () => {
    const seen: { open: number[]; within_s: number }[] = [];
    const planner = fewest(2);
    const rounds: RoundPlanner = {
      ...planner,
      next(input) {
        seen.push({ open: input.open.map(({ cell }) => cell.concurrency!).sort(), within_s: input.within_s });
        return planner.next(input);
      },
    };
    await execute({ rounds });
    expect(seen.map(({ open }) => open)).toEqual([[1, 2, 3, 4, 5], [3, 4, 5], [5], []]);
    expect(seen[0]!.within_s).toBeLessThan(600);
    expect(seen.at(-1)!.within_s).toBeGreaterThan(500);
  });

  test('plans with the time that cells really take: where they are slower than planned, fewer fit', async () => {
    const within: number[] = [];
    const planner = fewest(2);
    const rounds: RoundPlanner = {
      ...planner,
      next(input) {
        within.push(input.within_s);
        // As if every cell so far had taken an hour.
        const slow = input.records as unknown as { elapsed_s: number | null }[];
        for (const one of slow) one.elapsed_s = 3600;
        return planner.next(input);
      },
    };
    await execute({ rounds });
    expect(within[0]).toBeGreaterThan(500);
    expect(within.at(-1)).toBeLessThan(50);
  });

  test('starts no chosen cell once its time is spent; what comes last is measured all the same', async () => {
    const planner: RoundPlanner = { ...fewest(2), options: { ...options, budget_minutes: 1e-6 } };
    const { exitCode, started, rounds } = await execute({ rounds: planner });
    expect(exitCode).toBe(1);
    expect(started.sort()).toEqual(['6end', '7']);
    expect(rounds).toMatchObject([{ round: 1, cells: 0, ended: 'budget' }]);
  });

  test('stopped in a round it keeps its cells; resumed it goes on where it was', async () => {
    const first = await execute({ rounds: fewest(2, 5) }, (event, { control }) => {
      if (event.kind === 'cell_finished' && event.record.cell.anchor === null) control.stop();
    });
    expect([first.exitCode, first.records.length]).toEqual([130, 2]);
    const { folder } = first;
    const second = await execute({ rounds: fewest(2, 5), folder, resume: true });
    expect(second.exitCode).toBe(0);
    // Of its two cells one was finished: the same planner now takes the other, and the next one.
    const [kept] = first.records.filter(({ cell }) => cell.anchor === null);
    expect(second.started).not.toContain(String(kept!.cell.concurrency));
    expect(second.rounds[0]).toMatchObject({ round: 1, cells: 2 });
    expect(second.records.map(({ cell }) => cell.concurrency).sort()).toEqual([1, 2, 3, 4, 5, 6, 6, 7]);
  });

  test('a target of which nothing can be measured is left alone; the others go on', async () => {
    const { exitCode, started, records } = await execute({
      rounds: fewest(4, 7),
      targets: [fake('refuses', 'broken'), fake('good', 'works')],
    });
    expect(exitCode).toBe(3);
    expect(new Set(records.map(({ target }) => target))).toEqual(new Set(['works']));
    expect(started.filter((one) => one === '6start').length).toBeGreaterThanOrEqual(2);
  });

  test('a planner that refuses at once leaves nothing measured; one that fails later loses nothing', async () => {
    const failing = (after: number): RoundPlanner => ({
      options,
      next: (input) =>
        input.records.length >= after ? Promise.reject(new Error('no fit')) : fewest(2).next(input),
    });
    for (const [after, kept] of [
      [0, 0],
      [3, 3],
    ] as const) {
      const folder = join(await temporaryFolder(), 'run-1');
      await expect(execute({ rounds: failing(after), folder })).rejects.toThrow('no fit');
      expect((await readRun(folder)).records).toHaveLength(kept);
    }
  });
});
