import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ServerTask } from '../../src/agent/protocol.ts';
import { RidgeError } from '../../src/errors.ts';
import { LogReader } from '../../src/server/log-facts.ts';
import { becomesFree } from '../../src/server/port.ts';
import { startServer } from '../../src/server/start-server.ts';
import { freePort } from '../ports.ts';
import { temporaryFolder } from '../run/facts.ts';
import { FAKE_SERVER, isAlive, pidsOf, target, task, until } from './facts.ts';

interface Attempt {
  readonly mode: string;
  readonly options?: Partial<ServerTask>;
  readonly apiKey?: string;
  readonly signal?: AbortSignal;
}

/** Starts the fake server on a free port and gathers what is told of it. */
async function attempt({ mode, options, apiKey, signal = new AbortController().signal }: Attempt) {
  const port = await freePort();
  const pids = join(await temporaryFolder(), 'pids');
  let log = '';
  let ended: string | null = null;
  const started = startServer(
    target(port, apiKey ?? null),
    task([process.execPath, FAKE_SERVER, String(port), mode, pids], options),
    {
      log: (text) => {
        log += text;
      },
      ended: (how) => {
        ended = how;
      },
    },
    signal,
  );
  return { port, pids, started, log: () => log, ended: () => ended };
}

const linesOf = (error: unknown): string => {
  if (!(error instanceof RidgeError)) throw error;
  return error.toLines().join('\n');
};

function factsOf(log: string): LogReader['facts'] {
  const reader = new LogReader();
  for (const line of log.split('\n')) reader.read(line);
  return reader.facts;
}

describe('a server that a run starts', () => {
  test('is ready when it answers, its log is told and read, and a stop ends it', async () => {
    const { port, pids, started, log } = await attempt({ mode: 'good' });
    const server = await started;
    expect(server.ready_after_s).toBeGreaterThan(0);
    // What it printed may arrive after its first answer.
    await until(() => factsOf(log()).kv_capacity_tokens !== null);
    expect(factsOf(log())).toMatchObject({
      version: '0.32.0',
      max_num_seqs: 48,
      max_num_batched_tokens: 1536,
      kv_capacity_tokens: 123_456,
    });
    await server.stop();
    expect((await pidsOf(pids)).map(isAlive)).toEqual([false]);
    // The kernel closes the sockets of a process that is dead a moment later; whoever starts the next one waits for it.
    const free = becomesFree(`http://127.0.0.1:${port}`, 10_000, new AbortController().signal);
    expect(await free).toBe(true);
  });

  test('a stop ends its whole process group, also one that ignores the signal', async () => {
    const { pids, started } = await attempt({
      mode: 'stubborn',
      options: { stop: { signal: 'SIGTERM', grace_s: 0.2 } },
    });
    await (await started).stop();
    const alive = (await pidsOf(pids)).map(isAlive);
    expect(alive).toEqual([false, false]);
  });

  test('a worker that outlives its server by a moment is ended with it', async () => {
    const { pids, started } = await attempt({ mode: 'family' });
    await (await started).stop();
    expect((await pidsOf(pids)).map(isAlive)).toEqual([false, false]);
  });

  test('one that ends at once is told with the words that say why', async () => {
    const { started } = await attempt({ mode: 'exits' });
    expect(linesOf(await started.catch((error) => error))).toMatch(
      /the server ended with exit code 7 before it was ready: ValueError: No available memory for the cache blocks\.$/,
    );
  });

  test('one that never gets ready is stopped, with its last line', async () => {
    const { pids, started } = await attempt({ mode: 'never', options: { ready_timeout_s: 2 } });
    expect(linesOf(await started.catch((error) => error))).toMatch(
      /not ready within 2 s \(ready_timeout_s\) and was stopped: Loading weights: 3 %$/,
    );
    expect((await pidsOf(pids)).map(isAlive)).toEqual([false]);
  });

  test('a stop of the run ends one that is starting', async () => {
    const stop = new AbortController();
    const { pids, started, log } = await attempt({ mode: 'never', signal: stop.signal });
    const failed = started.catch((error) => error);
    await until(() => log().includes('Loading weights'));
    stop.abort(new Error('stopped'));
    expect(await failed).toMatchObject({ message: 'stopped' });
    expect((await pidsOf(pids)).map(isAlive)).toEqual([false]);
  });

  test('one that ends later is told, with its last words', async () => {
    const { port, started, ended } = await attempt({ mode: 'good' });
    const server = await started;
    await fetch(`http://127.0.0.1:${port}/die`).catch(() => undefined);
    await until(() => ended() !== null);
    expect(ended()).toBe('the server ended with exit code 9: Application startup complete.');
    await server.stop();
  });

  test('a program that is not there, and a log that cannot be written, are errors that name them', async () => {
    const port = await freePort();
    const hooks = { log: () => undefined, ended: () => undefined };
    const { signal } = new AbortController();
    const missing = startServer(target(port), task(['/nowhere/vllm', 'serve']), hooks, signal);
    expect(linesOf(await missing.catch((error) => error))).toContain('no such program: /nowhere/vllm');
    const log = join(await temporaryFolder(), 'no', 'folder.log');
    const unwritable = startServer(target(port), task(['true'], { log }), hooks, signal);
    expect(linesOf(await unwritable.catch((error) => error))).toContain(
      `${log}: the server's log cannot be written: ENOENT`,
    );
  });

  test('a port that is taken starts nothing', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void other.close());
    const pids = join(await temporaryFolder(), 'pids');
    const error = await startServer(
      target(port),
      task([process.execPath, FAKE_SERVER, String(port), 'good', pids], {
        stop: { signal: 'SIGTERM', grace_s: 0 },
      }),
      { log: () => undefined, ended: () => undefined },
      new AbortController().signal,
    ).catch((thrown) => thrown);
    expect(linesOf(error)).toContain(`http://127.0.0.1:${port}: something else listens there`);
    await expect(readFile(pids)).rejects.toThrow('ENOENT');
  });

  test('secrets reach it, and no log', async () => {
    const log = join(await temporaryFolder(), 'own.log');
    const { started, log: told } = await attempt({
      mode: 'good',
      apiKey: 's3cret',
      options: { secret_env: { FAKE_SECRET: 's3cret' }, log },
    });
    await (await started).stop();
    expect(told()).toContain('the key is ***, and again ***');
    expect(told()).not.toContain('s3cret');
    expect(await readFile(log, 'utf8')).toBe(told());
  });
});
