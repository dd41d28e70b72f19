import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { VllmInstall } from './install.ts';
import { type ModelSize, writeModel } from './model.ts';
import { groupOf } from './process-group.ts';

export interface ServeOptions {
  readonly install: Extract<VllmInstall, { state: 'ready' }>;
  readonly model: ModelSize;
  /** Gets the model's folder and the log. */
  readonly folder: string;
  /** 0, the default: a free one. */
  readonly port?: number;
  /** Cores in taskset's notation, for example '0'; default: wherever the system puts it. */
  readonly cpus?: string;
  readonly extraArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutS?: number;
}

export interface VllmServer {
  readonly url: string;
  readonly pid: number;
  readonly modelFolder: string;
  readonly logFile: string;
  /** SIGTERM, and SIGKILL to what is left of the process group after 20 s. */
  stop(): Promise<void>;
  /** SIGKILL to the whole process group: the server, its engine core and its worker. */
  kill(): Promise<void>;
}

export const MAX_LENGTH_TOKENS = 8192;
/** Given on the command line, because the server does not expose them; named as in a lab file. */
export const SERVER_SETTINGS = { max_num_batched_tokens: 2048, max_num_seqs: 64 } as const;

/** Serves a random-weight model on the CPU; resolves when /health answers 200. Throws with the log's tail when it does not come up. */
export async function serveVllm(options: ServeOptions): Promise<VllmServer> {
  const { folder } = options;
  const modelFolder = await writeModel(folder, options.model);
  const port = options.port || (await freePort());
  const logFile = join(folder, 'server.log');
  const argv = [
    ...(options.cpus ? ['taskset', '-c', options.cpus] : []),
    ...vllmCommand({ ...options, modelFolder, port }),
    ...(options.extraArgs ?? []),
  ];
  const child = execa(argv[0]!, argv.slice(1), {
    env: { ...serverEnvironment(options.cpus), ...options.env },
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'ignore',
    stdout: { file: logFile },
    stderr: { file: logFile },
  });
  const group = groupOf(child);
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilHealthy(url, options.timeoutS ?? 240, group.ended);
  } catch (error) {
    await group.kill();
    const tail = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-20);
    throw new Error(`vLLM did not come up: ${(error as Error).message}\n${tail.join('\n')}\nlog: ${logFile}`);
  }
  return { url, pid: child.pid!, modelFolder, logFile, stop: group.stop, kill: group.kill };
}

/** Argument list that serves a model folder on a port. */
export const vllmCommand = ({
  install,
  model,
  modelFolder,
  port,
}: Pick<ServeOptions, 'install' | 'model'> & { modelFolder: string; port: number }): string[] => [
  ...[install.python, join(install.python, '..', 'vllm'), 'serve', modelFolder],
  ...['--served-model-name', `random/${model}`, '--load-format', 'dummy', '--enforce-eager'],
  ...['--host', '127.0.0.1', '--port', String(port), '--max-model-len', String(MAX_LENGTH_TOKENS)],
  ...['--max-num-batched-tokens', String(SERVER_SETTINGS.max_num_batched_tokens)],
  ...['--max-num-seqs', String(SERVER_SETTINGS.max_num_seqs), '--enable-mfu-metrics'],
];

export const serverEnvironment = (cpus: string | undefined) => ({
  VLLM_CPU_KVCACHE_SPACE: '2',
  VLLM_CPU_OMP_THREADS_BIND: cpus ?? 'nobind',
  VLLM_NO_USAGE_STATS: '1',
  DO_NOT_TRACK: '1',
  HF_HUB_OFFLINE: '1',
});

async function untilHealthy(url: string, timeoutS: number, ended: () => boolean): Promise<void> {
  const deadline = Date.now() + timeoutS * 1000;
  while (Date.now() < deadline) {
    if (ended()) throw new Error('the process ended');
    const status = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) })
      .then((response) => response.status)
      .catch(() => null);
    if (status === 200) return;
    await sleep(250);
  }
  throw new Error(`no healthy answer within ${timeoutS} s`);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
