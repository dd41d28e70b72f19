import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { NullServerProcess } from '../../src/null-server/start.ts';
import type { ClientLoad, ClientResult } from './load.ts';
import type { OwnRoundsTask, Round } from './own-rounds.ts';
import { watchCpu } from './process-cpu.ts';
import type { ClientRun, Cores } from './run-client.ts';

const MAIN = fileURLToPath(new URL('own-rounds.ts', import.meta.url));
const SAMPLE_MS = 50;

/** Our client in a process that stays, so that rounds of several can alternate: what the host does meanwhile meets all of them. */
export class RoundsClient {
  readonly #child: ChildProcess;
  readonly #resultFile: string;

  private constructor(child: ChildProcess, resultFile: string) {
    this.#child = child;
    this.#resultFile = resultFile;
  }

  /** Resolves when it waits for its first round. Throws when it does not start. */
  static async start(task: OwnRoundsTask, cores: Cores, resultFile: string): Promise<RoundsClient> {
    const pinned =
      cores.client === null
        ? { execArgv: [] }
        : { execPath: 'taskset', execArgv: ['-c', cores.client, process.execPath] };
    const child = fork(MAIN, [JSON.stringify(task)], {
      ...pinned,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const client = new RoundsClient(child, resultFile);
    await client.#answer();
    return client;
  }

  /** One round against a server that nobody else uses meanwhile. Throws when the process dies. */
  async run(load: ClientLoad, server: NullServerProcess): Promise<ClientRun> {
    await rm(this.#resultFile, { force: true });
    const cpu = watchCpu(this.#child.pid!, SAMPLE_MS);
    try {
      this.#child.send({ ...load, result: this.#resultFile } satisfies Round);
      await this.#answer();
    } finally {
      cpu.stop();
    }
    const result = JSON.parse(await readFile(this.#resultFile, 'utf8')) as ClientResult;
    return { truth: await server.takeLog(), result, cpu: cpu.stop(), server: await server.counts() };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  async #answer(): Promise<void> {
    const gone = new AbortController();
    const [outcome] = (await Promise.race([
      once(this.#child, 'message', gone),
      once(this.#child, 'exit', gone),
    ])) as [unknown];
    gone.abort();
    if (typeof outcome !== 'object' || outcome === null)
      throw new Error(`our client ended with exit code ${outcome}`);
  }
}
