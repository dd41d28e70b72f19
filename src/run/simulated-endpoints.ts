import { mkdtemp, rm } from 'node:fs/promises';
import { getPriority, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import { z } from 'zod';
import { LineSplitter, parseJson } from '../agent/lines.ts';
import { EXIT, RidgeError } from '../errors.ts';
import type { Run } from './schema.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));
const READY_WITHIN_MS = 20_000;
/** Added to their niceness (19 is the most): where both want a core, the client that measures gets it. */
const AFTER_THE_CLIENT = 10;
const readySchema = z.object({ url: z.url() });

export type SimulateOptions = NonNullable<Run['simulate']>;

export interface SimulatedEndpoint {
  readonly name: string;
  readonly url: string;
  readonly tensorParallel: number;
  /** The other half of a pair; null: it stands alone. */
  readonly prefillUrl: string | null;
  /** Folders with the vendors' tools that read its power, and that of its other half; null: there are none. */
  readonly toolsFolder: string | null;
  readonly prefillToolsFolder: string | null;
}

export interface SimulatedEndpoints {
  readonly endpoints: readonly SimulatedEndpoint[];
  stop(): Promise<void>;
}

const OPTIONS = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', buffer: false, reject: false } as const;
type Process = ResultPromise<typeof OPTIONS>;

/**
 * Starts the built-in simulated endpoint once for each tensor parallel size, each in a process of its own. Tools that read
 * their power lie in a temporary folder that is gone with them.
 * @param inPairs a prefill server beside each of them, for `disaggregated` cells
 * @throws RidgeError when one does not start
 */
export async function startSimulatedEndpoints(
  options: SimulateOptions,
  { inPairs = false }: { readonly inPairs?: boolean } = {},
): Promise<SimulatedEndpoints> {
  const processes: Process[] = [];
  const tools = options.power ? await mkdtemp(join(tmpdir(), 'ridge-power-tools-')) : null;
  const stop = async (): Promise<void> => {
    for (const one of processes) one.kill('SIGTERM');
    await Promise.all(processes);
    if (tools !== null) await rm(tools, { recursive: true, force: true });
  };
  const start = (tensorParallel: number, more: readonly string[]): Promise<string> => {
    const args = [...argumentsOf(options, tensorParallel), ...more];
    const started = execa(process.execPath, [RIDGE, 'simulate', ...args], OPTIONS);
    processes.push(started);
    if (started.pid !== undefined) setPriority(started.pid, Math.min(19, getPriority() + AFTER_THE_CLIENT));
    return readyUrl(started);
  };
  try {
    const endpoints: SimulatedEndpoint[] = [];
    for (const tensorParallel of options.tensor_parallel) {
      const name = `sim-tp${tensorParallel}${options.speculation ? '-spec' : ''}`;
      const toolsFolder = tools === null ? null : join(tools, name);
      const url = await start(tensorParallel, [
        ...(inPairs ? ['--role', 'decode'] : []),
        ...toolFlags(toolsFolder),
      ]);
      const prefillToolsFolder = toolsFolder === null || !inPairs ? null : `${toolsFolder}-prefill`;
      const prefillUrl = inPairs
        ? await start(tensorParallel, ['--role', 'prefill', ...toolFlags(prefillToolsFolder)])
        : null;
      endpoints.push({ name, tensorParallel, url, prefillUrl, toolsFolder, prefillToolsFolder });
    }
    return { endpoints, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const toolFlags = (folder: string | null): string[] => (folder === null ? [] : ['--power-tools', folder]);

const argumentsOf = (options: SimulateOptions, tensorParallel: number): string[] => [
  ...['--accelerator', options.accelerator],
  ...['--model', options.model],
  ...['--tp', String(tensorParallel)],
  ...['--seed', String(options.seed)],
  ...['--time-scale', String(options.time_scale)],
  ...(options.buckets ? ['--buckets', options.buckets] : []),
  ...speculationFlags(options.speculation),
  '--until-stdin-ends',
];

function speculationFlags(speculation: SimulateOptions['speculation']): string[] {
  if (speculation === undefined) return [];
  const { draft_tokens, acceptance, draft } = speculation;
  return ['--spec', `${draft_tokens},${acceptance}`, ...(draft === undefined ? [] : ['--draft', draft])];
}

/** Waits for the line of JSON that says where the endpoint listens. */
async function readyUrl(started: Process): Promise<string> {
  const ready = Promise.withResolvers<string>();
  const lines = new LineSplitter(
    64 * 1024,
    (line) => {
      const parsed = readySchema.safeParse(parseJson(line));
      if (parsed.success) ready.resolve(parsed.data.url);
    },
    () => undefined,
  );
  started.stdout.on('data', (bytes: Buffer) => lines.push(bytes));
  let said = '';
  started.stderr.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString('utf8')).slice(-2000);
  });
  const fail = (what: string, exitCode: number | undefined): void => {
    const [first = '', ...mend] = said.trim().split('\n');
    ready.reject(
      new RidgeError(`the simulated endpoint ${what}${first ? `: ${first.replace(/^ridge: /, '')}` : ''}`, {
        exitCode: exitCode === EXIT.usage ? EXIT.usage : EXIT.failed,
        ...(mend.length > 0 ? { mend: mend.join(' ').trim() } : {}),
      }),
    );
  };
  void started.then(({ exitCode }) =>
    fail(exitCode === EXIT.usage ? 'cannot be what was asked' : `ended with exit code ${exitCode}`, exitCode),
  );
  const timer = setTimeout(
    () => fail(`was not ready within ${READY_WITHIN_MS / 1000} s`, undefined),
    READY_WITHIN_MS,
  );
  return ready.promise.finally(() => clearTimeout(timer));
}
