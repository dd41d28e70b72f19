import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Client, otherClient, ownClient, vllmBench } from './client/commands.ts';
import { type ClientFigures, figuresOf } from './client/figures.ts';
import { type HostAlone, HostWatch } from './client/host-alone.ts';
import { loadOf } from './client/load.ts';
import { checkManyStreams } from './client/many-streams.ts';
import { type ClientRun, type Cores, runClient } from './client/run-client.ts';
import { soak } from './client/soak.ts';
import { figuresTable, ratioLines } from './client/table.ts';
import { checkVerdicts } from './client/verdict-check.ts';
import { compareWorkers } from './client/workers.ts';
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
    /** Some of compare, workers, verdicts, many. */
    only: { type: 'string' },
    'cell-s': { type: 'string', default: '5' },
    many: { type: 'string', default: '10000' },
    /** Minutes at the highest rate held, instead of all else. */
    soak: { type: 'string' },
  },
});

const cores: Cores =
  availableParallelism() > 1 ? { server: '0', client: '1' } : { server: null, client: null };
const folder = await mkdtemp(join(tmpdir(), 'ridge-bench-client-'));

const resultFile = join(folder, 'result.json');
const hostLoad = (): string => `load average ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`;

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

const timing = {
  periodMs: Number(values['period-ms']),
  firstTokenMs: 200,
  release: 'together',
  keepLog: true,
} as const;
/** Where more than one thread is worth while. */
const FEWEST_STREAMS_OF_WORKERS = 200;

/** One client's run; of our own with what the host alone does to its stamps. */
async function measure(client: Client, streams: number): Promise<{ run: ClientRun; host: HostAlone | null }> {
  const run = () => runClient(client, loadOf(streams), timing, cores, resultFile);
  if (client.name !== ownClient(1).name) return { run: await run(), host: null };
  const host = await HostWatch.begin(cores, timing.periodMs, streams);
  const own = await run();
  return { run: own, host: await host.end(own.truth) };
}

/** All clients one after another at each load, in a table with the targets. False when one is missed. */
async function compare(): Promise<boolean> {
  const all = await clients();
  let allMet = true;
  for (const streams of values.streams.split(',').map(Number)) {
    const figures = new Map<string, ClientFigures>();
    let alone: HostAlone | null = null;
    for (const client of all) {
      const { run, host } = await measure(client, streams);
      figures.set(client.name, figuresOf(run));
      alone ??= host;
    }
    console.log(`\n${streams} streams, a token every ${timing.periodMs} ms to all at once (${hostLoad()})\n`);
    console.log(figuresTable(figures));
    const { lines, met } = ratioLines(streams, figures, alone!.beyondBound);
    for (const line of [...lines, alone!.lines]) console.log(line);
    allMet &&= met;
  }
  return allMet;
}

async function workersOf(): Promise<boolean> {
  let met = true;
  for (const streams of values.streams.split(',').map(Number)) {
    if (streams < FEWEST_STREAMS_OF_WORKERS) continue;
    met = (await compareWorkers(streams, Number(values.workers), timing, cores, resultFile)) && met;
  }
  return met;
}

/** What the command line asks for; without a mode: the comparison, several threads, the verdicts and many streams. */
async function main(): Promise<boolean> {
  if (values.soak !== undefined) return soak(cores, resultFile, Number(values.soak));
  const modes = new Set(
    values.only === undefined ? ['compare', 'workers', 'verdicts', 'many'] : values.only.split(','),
  );
  let met = true;
  if (modes.has('compare')) met = (await compare()) && met;
  if (modes.has('workers')) met = (await workersOf()) && met;
  if (modes.has('verdicts')) {
    console.log(`\ncells with other work on the client's core, and at high loads (${hostLoad()})\n`);
    met = (await checkVerdicts(cores, resultFile, Number(values['cell-s']))) && met;
  }
  if (modes.has('many')) {
    console.log('');
    met = (await checkManyStreams(cores, resultFile, Number(values.many))) && met;
  }
  return met;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
