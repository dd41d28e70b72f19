import { readFile, rm } from 'node:fs/promises';
import { execa } from 'execa';
import type { NullServerCounts, NullServerTiming, SentResponse } from '../../src/null-server/options.ts';
import { startNullServer } from '../../src/null-server/start.ts';
import type { Client } from './commands.ts';
import type { ClientLoad, ClientResult } from './load.ts';
import { type CpuSample, watchCpu } from './process-cpu.ts';

/** Cores in taskset's notation; null where the system has only one and everything shares it. */
export interface Cores {
  readonly server: string | null;
  readonly client: string | null;
}

export interface ClientRun {
  readonly truth: readonly SentResponse[];
  /** Null for a client that writes none that can be read: then only the server knows. */
  readonly result: ClientResult | null;
  readonly cpu: readonly CpuSample[];
  readonly server: NullServerCounts;
}

const SAMPLE_MS = 50;

/** A command on some cores. */
export const on = (cores: string | null, argv: readonly string[]): readonly string[] =>
  cores === null ? argv : ['taskset', '-c', cores, ...argv];

/** One client against a null server of its own. Throws when the client fails. */
export async function runClient(
  client: Client,
  load: ClientLoad,
  timing: NullServerTiming,
  cores: Cores,
  resultFile: string,
): Promise<ClientRun> {
  await rm(resultFile, { force: true });
  const server = await startNullServer({
    ...timing,
    ...(cores.server === null ? {} : { cpus: cores.server }),
  });
  try {
    const argv = on(cores.client, client.argv(server.url, load, resultFile));
    const child = execa(argv[0]!, argv.slice(1), {
      all: true,
      reject: false,
      stdin: 'ignore',
      env: { HF_HUB_OFFLINE: '1', VLLM_NO_USAGE_STATS: '1', DO_NOT_TRACK: '1' },
    });
    const cpu = watchCpu(child.pid!, SAMPLE_MS);
    const { exitCode, all } = await child;
    const samples = cpu.stop();
    if (exitCode !== 0)
      throw new Error(`${client.name} ended with exit code ${exitCode}:\n${all.slice(-2000)}`);
    const truth = timing.keepLog ? await server.takeLog() : [];
    return { truth, result: await readResult(resultFile), cpu: samples, server: await server.counts() };
  } finally {
    await server.stop();
  }
}

async function readResult(file: string): Promise<ClientResult | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const json = JSON.parse(text) as Partial<ClientResult>;
  return json.ttfts && json.itls && json.start_times ? (json as ClientResult) : null;
}
