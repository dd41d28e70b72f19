import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { AgentFailure } from '../../src/agent/failure.ts';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import type { EndpointIdentity } from '../../src/endpoint/identity.ts';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import type { AgentSession } from '../../src/run/agent-session.ts';
import { cellKey } from '../../src/run/cell-key.ts';
import { Control } from '../../src/run/control.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { runLane } from '../../src/run/lane.ts';
import { countVerdicts, exitCodeOf } from '../../src/run/outcome.ts';
import { readRequests, readRun } from '../../src/run/read-run.ts';
import type { CellRecord } from '../../src/run/schema.ts';
import { RunStore } from '../../src/run/store.ts';
import { type SimulatedEndpoint, startEndpoint } from '../../src/simulate/server.ts';
import { freePort } from '../ports.ts';
import { run, runTarget } from '../run/facts.ts';
import { card, device } from '../simulate/factory.ts';
import { loadText } from '../suite/suite-text.ts';
import { dataReasons, type Limits } from './table.ts';

/** What the second of two cells came to; the first was measured before the fault, and is in the record. */
export interface SecondCell {
  readonly record: CellRecord | null;
  /** Why there is no record. */
  readonly error: string | null;
  readonly exit: number;
}

const suiteWith = ({ request = 30, stall = 30 }: Limits) =>
  loadText(`grid: [{ input: [16], output: [8], load: { concurrency: [2] } }]
protocol: { request_timeout_s: ${request}, stall_timeout_s: ${stall} }
stop: { confidence_half_width: 0.5, min_requests: 40, max_requests: 60, min_s: 0.02, max_s: 2 }
`).suite;

/** Where the second cell is measured, and how what was started for it ends. */
export interface Struck {
  readonly url: string;
  close?(): Promise<void>;
}

/**
 * Measures a cell on a sound simulated endpoint, lets a fault in, and measures another one: the agent's own code in this
 * process, over real sockets, with the lane and the record of a run. Needs no hook of a test, so many can run at once.
 */
export async function measureTwoCells(
  strike: (sound: SimulatedEndpoint) => Promise<Struck>,
  limits: Limits = {},
): Promise<SecondCell> {
  const sound = await startEndpoint({
    device: device({ timeScale: 0.01 }),
    // Some rows end it: none of the servers beside it may get its port.
    port: await freePort(),
    exit: () => void sound.close().catch(() => undefined),
  });
  const home = await mkdtemp(join(tmpdir(), 'ridge-'));
  let struck: Struck | null = null;
  try {
    return await measure(sound, join(home, 'run'), limits, async () => {
      struck = await strike(sound);
      return struck.url;
    });
  } finally {
    await (struck as Struck | null)?.close?.();
    await sound.close().catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  }
}

async function measure(
  sound: SimulatedEndpoint,
  folder: string,
  limits: Limits,
  strike: () => Promise<string>,
): Promise<SecondCell> {
  const suite = suiteWith(limits);
  const known = await identifyEndpoint({ url: sound.url, apiKey: null, apiKeyEnv: null, model: null });
  const store = await RunStore.create(folder);
  const target = runTarget({ url: sound.url, model_card: card });
  await store.writeRun(run({ targets: [target] }));
  const cells = [0, 1].map((repeat) => {
    const cell = closedLoopCell({ input_tokens: 16, output_tokens: 8, concurrency: 2 }, { repeat });
    return { cell, key: cellKey(target, cell, suite), estimated_s: 1 };
  });
  const events: RunEvent[] = [];
  const kept: CellRecord[] = [];
  let url: string | null = null;
  let before: readonly CellRecord[] = [];
  // The agent's process is left out, the rest is the same.
  const runCell: AgentSession['runCell'] = async (...cell) => {
    if (kept.length === 0) return measureAt(sound.url, known, ...cell);
    if (url === null) {
      before = (await readRun(folder)).records;
      url = await strike();
    }
    return measureAt(url, { ...known, metrics_path: url === sound.url ? known.metrics_path : null }, ...cell);
  };
  const context = {
    target,
    suite,
    store,
    control: new Control(() => undefined),
    session: { runCell } as unknown as AgentSession,
    emit: (event: RunEvent): void => void events.push(event),
    measured: () => undefined,
    keep: (record: CellRecord): void => void kept.push(record),
  };
  const missed = await runLane(context, cells);
  await store.close();
  if (dataReasons(before[0]!.reasons).length > 0) throw new Error('the first cell is not sound');
  await requireKept(folder, before);
  const failed = events.find((event) => event.kind === 'cell_failed');
  return {
    record: kept[1] ?? null,
    error: failed?.message ?? null,
    exit: exitCodeOf(countVerdicts(kept, missed), kept),
  };
}

async function measureAt(
  url: string,
  known: EndpointIdentity,
  ...[task, hooks, signal]: Parameters<AgentSession['runCell']>
) {
  try {
    const target = { url, model: null, api_key: null, api_key_env: null };
    return await runCell(target, known, task, hooks, signal);
  } catch (error) {
    throw new AgentFailure('refused', (error as Error).message, { cause: error });
  }
}

/** A finished cell and its requests are read back as they were. */
async function requireKept(folder: string, before: readonly CellRecord[]): Promise<void> {
  const { records, torn } = await readRun(folder);
  expect(torn).toBe('');
  expect(records.slice(0, 1)).toEqual(before);
  expect((await readRequests(folder, records[0]!)).length).toBeGreaterThan(3);
}
