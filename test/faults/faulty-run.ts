import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { RidgeError } from '../../src/errors.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { Execution } from '../../src/run/orchestrate.ts';
import { readRun } from '../../src/run/read-run.ts';
import { temporaryFolder } from '../run/facts.ts';
import { loadText } from '../suite/suite-text.ts';
import type { SecondCell } from './two-cells.ts';

const FAKE = fileURLToPath(new URL('../agent/fake-agent.ts', import.meta.url));

export interface WholeRun extends SecondCell {
  readonly folder: string;
  /** What ended the run early, as the user reads it. */
  readonly ended: string | null;
}

export interface RunPlace {
  readonly folder: string;
  readonly log: string;
}

export async function newPlace(): Promise<RunPlace> {
  const home = await temporaryFolder();
  return { folder: join(home, 'run'), log: join(home, 'log') };
}

/** A run of two cells by a fake agent in a process of its own; whatever happens, the first cell is in the record. */
export async function faultyRun(
  mode: string,
  place?: RunPlace,
  { resume = false, meanwhile = (_: RunEvent): void => undefined } = {},
): Promise<WholeRun> {
  const { folder, log } = place ?? (await newPlace());
  const agent_command = [process.execPath, FAKE, mode, log];
  const definition = { url: 'http://127.0.0.1:1', tensor_parallel: 1, agent_command };
  const execution = new Execution({
    suite: loadText('grid: [{ input: [128], output: [64], load: { concurrency: [1, 2] } }]\n'),
    targets: [{ name: 'h100', definition, accelerator: null, where: 'test' }],
    folder,
    id: 'run',
    resume,
    parallel: false,
    simulate: null,
  });
  const events: RunEvent[] = [];
  execution.events.subscribe((event) => {
    events.push(event);
    meanwhile(event);
  });
  let ended: string | null = null;
  const exit = await execution.start().catch((thrown: unknown) => {
    if (!(thrown instanceof RidgeError)) throw thrown;
    ended = thrown.message;
    return thrown.exitCode;
  });
  const finished = events.filter((event) => event.kind === 'cell_finished');
  const failed = events.find((event) => event.kind === 'cell_failed');
  const { records } = await readRun(folder);
  // A later judgement of the whole run may add reasons to a finished cell; nothing takes it away.
  expect(records.map(({ key }) => key)).toContain(finished[0]!.record.key);
  const record = records.find(({ key }) => key !== finished[0]!.record.key) ?? null;
  return { record, error: failed?.message ?? null, exit, ended, folder };
}
