import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Client, otherClient, ownClient, vllmBench } from './client/commands.ts';
import { type ClientFigures, figuresOf } from './client/figures.ts';
import { loadOf } from './client/load.ts';
import { type Cores, runClient } from './client/run-client.ts';
import { figuresTable, ratioLines } from './client/table.ts';
import { ensureVllm } from './vllm/install.ts';
import { writeModel } from './vllm/model.ts';

// Clients of LLM endpoints side by side against a server that knows when it sent what: figures, and ratios to
// `vllm bench serve`. One core for the server, one for the client.

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '50,200,800' },
    client: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string', default: '2' },
    'period-ms': { type: 'string', default: '10' },
    'without-vllm': { type: 'boolean', default: false },
  },
});

const cores: Cores =
  availableParallelism() > 1 ? { server: '0', client: '1' } : { server: null, client: null };
const folder = await mkdtemp(join(tmpdir(), 'ridge-bench-client-'));

async function clients(): Promise<Client[]> {
  const own = [ownClient(1), ownClient(Number(values.workers))];
  const others = values.client.map(otherClient);
  if (values['without-vllm']) return [...own, ...others];
  const install = await ensureVllm({ log: console.log });
  if (install.state === 'skipped') {
    console.log(`without vLLM: ${install.reason}`);
    return [...own, ...others];
  }
  return [vllmBench(install.python, await writeModel(folder, 'tiny')), ...own, ...others];
}

async function main(): Promise<number> {
  const all = await clients();
  const timing = {
    periodMs: Number(values['period-ms']),
    firstTokenMs: 200,
    release: 'together',
    keepLog: true,
  } as const;
  let kept = true;
  for (const streams of values.streams.split(',').map(Number)) {
    const figures = new Map<string, ClientFigures>();
    for (const client of all) {
      const run = await runClient(client, loadOf(streams), timing, cores, join(folder, 'result.json'));
      figures.set(client.name, figuresOf(run));
    }
    console.log(
      `\n${streams} streams, a token every ${timing.periodMs} ms to all at once (load average ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores)\n`,
    );
    console.log(figuresTable(figures));
    const { lines, met } = ratioLines(streams, figures);
    for (const line of lines) console.log(line);
    kept &&= met;
  }
  return kept ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  await rm(folder, { recursive: true, force: true });
}
