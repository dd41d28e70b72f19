import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { RidgeError } from '../../src/errors.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { Execution, type RunOptions } from '../../src/run/orchestrate.ts';
import { readRun } from '../../src/run/read-run.ts';
import type { LoadedSuite } from '../../src/suite/load-suite.ts';
import type { NamedTarget } from '../../src/suite/targets.ts';
import { loadText } from '../suite/suite-text.ts';
import { temporaryFolder } from './facts.ts';

const FAKE = fileURLToPath(new URL('../agent/fake-agent.ts', import.meta.url));
const suite = (concurrency = '[1, 2, 3]', more = ''): LoadedSuite =>
  loadText(`grid: [{ input: [128], output: [64], load: { concurrency: ${concurrency} } }]\n${more}`);

const fake = (mode: string, log?: string, name = 'h100'): NamedTarget => ({
  name,
  definition: {
    url: 'http://127.0.0.1:1',
    tensor_parallel: 1,
    agent_command: [process.execPath, FAKE, mode, ...(log ? [log] : [])],
  },
  accelerator: null,
  where: 'test',
});

interface Outcome {
  readonly exitCode: number;
  readonly events: readonly RunEvent[];
  readonly error: unknown;
}

async function execute(
  options: Partial<RunOptions> & Pick<RunOptions, 'folder' | 'targets'>,
  meanwhile: (event: RunEvent, execution: Execution) => void = () => undefined,
): Promise<Outcome> {
  const execution = new Execution({
    suite: suite(),
    id: 'run-1',
    resume: false,
    parallel: false,
    simulate: null,
    ...options,
  });
  const events: RunEvent[] = [];
  execution.events.subscribe((event) => {
    events.push(event);
    meanwhile(event, execution);
  });
  let error: unknown = null;
  const exitCode = await execution.start().catch((thrown: unknown) => {
    error = thrown;
    return thrown instanceof RidgeError ? thrown.exitCode : -1;
  });
  return { exitCode, events, error };
}

const finished = async (folder: string): Promise<string[]> =>
  (await readRun(folder)).records.map(({ cell, attempts }) => `${cell.concurrency} x${attempts}`).sort();
const kinds = (events: readonly RunEvent[]): string[] =>
  events
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'warning' && kind !== 'target_state' && kind !== 'remaining');
const starts = async (log: string): Promise<number> =>
  (await readFile(log, 'utf8')).split('\n').filter((line) => line === 'start').length;

describe('a run', () => {
  test('measures every cell, tells of each, and ends with 0', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const { exitCode, events } = await execute({ folder, targets: [fake('good')] });
    expect(exitCode).toBe(0);
    const one = ['cell_started', 'cell_progress', 'cell_finished'];
    expect(kinds(events)).toEqual(['run_started', 'client', ...one, ...one, ...one, 'run_finished']);
    expect(events.at(-1)).toMatchObject({ outcome: 'done', counts: { valid: 3, not_measured: 0 } });
    expect(await finished(folder)).toEqual(['1 x1', '2 x1', '3 x1']);
    const { run, records } = await readRun(folder);
    expect(run.targets[0]).toMatchObject({ name: 'h100', engine: { version: '0.32.0' }, tensor_parallel: 1 });
    expect(await readFile(join(folder, records[0]!.requests_file!))).toBeInstanceOf(Buffer);
  });

  test.each([
    [false, 'one after another'],
    [true, 'side by side with --parallel'],
  ])(
    'targets whose agents state the same host run, however they are started (parallel %s), %s',
    async (parallel) => {
      const folder = join(await temporaryFolder(), 'run-1');
      const a = fake('good', undefined, 'a');
      const b: NamedTarget = {
        ...fake('good', undefined, 'b'),
        definition: { ...a.definition, agent: [process.execPath, FAKE], agent_command: ['good'] },
      };
      const { exitCode, events } = await execute({ folder, targets: [a, b], parallel, suite: suite('[1]') });
      expect(exitCode).toBe(0);
      const firstStart = events.findIndex((event) => event.kind === 'cell_started' && event.target === 'b');
      const firstEnd = events.findIndex((event) => event.kind === 'cell_finished' && event.target === 'a');
      expect(firstStart > firstEnd).toBe(!parallel);
    },
  );

  test('an agent that dies is started again, and its cell is measured', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const log = join(await temporaryFolder(), 'log');
    const { exitCode, events } = await execute({ folder, targets: [fake('dies-once', log)] });
    expect(exitCode).toBe(0);
    expect((await finished(folder)).map((one) => one.slice(-2)).sort()).toEqual(['x1', 'x1', 'x2']);
    expect(await starts(log)).toBe(2);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'target_state', state: 'restarting' }));
    const told = await readFile(join(folder, 'log.jsonl'), 'utf8');
    for (const words of ['was killed by SIGKILL', '"state":"restarting"', '"kind":"run_finished"']) {
      expect(told).toContain(words);
    }
  });

  test('an agent that always dies fails its cell, and the run goes on to a bounded end with 3', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const targets = [fake('dies-always'), fake('good', undefined, 'other')];
    const { exitCode, events } = await execute({ folder, targets, suite: suite('[1]') });
    expect(exitCode).toBe(3);
    expect(kinds(events)).toContain('cell_failed');
    expect((await readRun(folder)).records.map(({ target }) => target)).toEqual(['other']);
    expect(events.at(-1)).toMatchObject({ outcome: 'failed', counts: { valid: 1, not_measured: 1 } });
  });

  test('a compile stall is measured once more, by the same agent', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const log = join(await temporaryFolder(), 'log');
    const { exitCode } = await execute({ folder, targets: [fake('stalls-once', log)], suite: suite('[1]') });
    expect([exitCode, await finished(folder), await starts(log)]).toEqual([0, ['1 x2'], 1]);
  });

  test('an endpoint that only fails is given up after three cells; a resumed run measures these again', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const long = suite('[1, 2, 3, 4, 5]');
    const first = await execute({ folder, targets: [fake('endpoint-fails')], suite: long });
    expect(first.exitCode).toBe(3);
    expect(first.events.at(-1)).toMatchObject({ counts: { not_measured: 5 } });
    expect(await finished(folder)).toHaveLength(3);
    const second = await execute({ folder, targets: [fake('good')], suite: long, resume: true });
    expect(second.exitCode).toBe(0);
    expect(second.events.at(-1)).toMatchObject({ counts: { valid: 5, not_measured: 0 } });
  });

  test('a stop ends it with 130 and every finished cell; a resumed run keeps them', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const stopAfterOne = (event: RunEvent, { control }: Execution): void => {
      if (event.kind === 'cell_finished') control.stop();
    };
    const first = await execute({ folder, targets: [fake('good')] }, stopAfterOne);
    expect(first.exitCode).toBe(130);
    expect(first.events.at(-1)).toMatchObject({ outcome: 'interrupted' });
    expect(await finished(folder)).toHaveLength(1);
    const second = await execute({ folder, targets: [fake('good')], resume: true });
    const reused = second.events.filter((event) => event.kind === 'cell_finished' && event.reused);
    expect([second.exitCode, reused.length, (await finished(folder)).length]).toEqual([0, 1, 3]);
  });

  test('a stop in the middle of a cell does not wait for it', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const stop = (event: RunEvent, { control }: Execution): void => {
      if (event.kind === 'cell_started') setImmediate(() => control.stop());
    };
    expect((await execute({ folder, targets: [fake('hangs')] }, stop)).exitCode).toBe(130);
    expect(await finished(folder)).toEqual([]);
  });

  test('a pause holds the next cell back until it is lifted', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    let paused = false;
    const { exitCode, events } = await execute({ folder, targets: [fake('good')] }, (event, { control }) => {
      if (event.kind === 'cell_finished' && !paused) {
        paused = true;
        control.pause();
        setTimeout(() => control.resume(), 50);
      }
    });
    expect(exitCode).toBe(0);
    const order = kinds(events);
    expect(order.slice(order.indexOf('paused'))).toEqual(expect.arrayContaining(['paused', 'resumed']));
    expect(order.slice(order.indexOf('paused') + 1, order.indexOf('resumed'))).toEqual([]);
  });

  test('a suite that gained cells measures only these', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const log = join(await temporaryFolder(), 'log');
    await execute({ folder, targets: [fake('good')], suite: suite('[1, 2]') });
    await execute({ folder, targets: [fake('good', log)], suite: suite('[2, 1, 4]'), resume: true });
    expect(await finished(folder)).toEqual(['1 x1', '2 x1', '4 x1']);
    expect((await readFile(log, 'utf8')).split('\n').filter((line) => line === 'cell')).toHaveLength(1);
  });

  test.each([
    ['another protocol', { suite: suite('[1]', 'protocol: { seed: 7 }\n') }, "the suite's protocol changed"],
    ['another stop rule', { suite: suite('[1]', 'stop: { max_s: 7 }\n') }, "the suite's stop changed"],
    [
      'another tensor parallel size',
      { targets: [{ ...fake('good'), definition: { ...fake('good').definition, tensor_parallel: 2 } }] },
      'tensor_parallel 1 -> 2',
    ],
  ])('a resumed run refuses %s and leaves the record alone', async (_, changed, words) => {
    const folder = join(await temporaryFolder(), 'run-1');
    await execute({ folder, targets: [fake('good')], suite: suite('[1]') });
    const before = await readFile(join(folder, 'run.json'), 'utf8');
    const { exitCode, error } = await execute({
      folder,
      targets: [fake('good')],
      suite: suite('[1]'),
      resume: true,
      ...changed,
    });
    expect(exitCode).toBe(2);
    expect((error as Error).message).toContain(words);
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toBe(before);
  });

  test('an engine that changed while the run went on ends its target', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const log = join(await temporaryFolder(), 'log');
    const { exitCode, events } = await execute({ folder, targets: [fake('changed-engine', log)] });
    expect(exitCode).toBe(3);
    const failures = events.filter((event) => event.kind === 'cell_failed');
    expect(failures[0]).toMatchObject({
      message: expect.stringContaining('engine_version 0.32.0 -> 0.33.0'),
    });
    expect(await finished(folder)).toEqual([]);
  });

  test('an engine that was replaced behind the same URL makes its cells invalid', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const log = join(await temporaryFolder(), 'log');
    const { exitCode } = await execute({ folder, targets: [fake('upgraded', log)] });
    const { records } = await readRun(folder);
    expect([exitCode, records.map(({ verdict }) => verdict)]).toEqual([1, ['invalid', 'invalid', 'invalid']]);
    expect(records[0]!.reasons[0]).toMatchObject({ code: 'environment_changed', fit: 'exclude' });
  });

  test('a run that cannot begin leaves no folder behind', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const { exitCode, error } = await execute({
      folder,
      targets: [fake('good'), fake('missing', undefined, 'b')],
    });
    expect(exitCode).toBe(3);
    expect((error as Error).message).toContain('ridge: command not found');
    await expect(readRun(folder)).rejects.toThrow('no run here');
  });

  test('a cell that is too long is refused, or skipped where the suite says so', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const grid = `grid: [{ input: [128, 40000], output: [64], load: { concurrency: [1] } }]\n`;
    const refused = await execute({ folder, targets: [fake('good')], suite: loadText(grid) });
    expect(refused.exitCode).toBe(2);
    expect((refused.error as Error).message).toContain('h100 serves at most 32768');
    const skipping = await execute({
      folder,
      targets: [fake('good')],
      suite: loadText(`${grid}over_length: skip\n`),
    });
    expect(skipping.exitCode).toBe(0);
    expect(skipping.events).toContainEqual(
      expect.objectContaining({
        kind: 'warning',
        message: expect.stringContaining('cell skipped: needs 40070'),
      }),
    );
  });

  test('a disk that fills up in the middle ends with 3 and keeps what is finished', async () => {
    const folder = join(await temporaryFolder(), 'run-1');
    const { exitCode, error, events } = await execute({ folder, targets: [fake('good')] }, (event) => {
      // A file in the place of the folder fails every further write, as a full disk does.
      if (event.kind === 'cell_finished') breakFolder(folder);
    });
    expect(exitCode).toBe(3);
    expect((error as Error).message).toContain('cannot write');
    expect(events.at(-1)).toMatchObject({ kind: 'run_finished', outcome: 'failed' });
    expect((await finished(folder)).length).toBeGreaterThanOrEqual(1);
  });
});

function breakFolder(folder: string): void {
  if (existsSync(join(folder, 'requests.moved'))) return;
  renameSync(join(folder, 'requests'), join(folder, 'requests.moved'));
  writeFileSync(join(folder, 'requests'), '');
}
