import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import type { CellRecord, CellShape, LiveTarget, Run } from '../../src/run/schema.ts';
import { cellResult, identity } from '../agent/facts.ts';
import { GRID, loadText } from '../suite/suite-text.ts';

/** A folder that is gone when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ridge-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const cell = (overrides: Partial<CellShape> = {}): CellShape => ({
  ...closedLoopCell({ input_tokens: 128, output_tokens: 64, concurrency: 1 }),
  ...overrides,
});

export function record(overrides: Partial<CellRecord> = {}): CellRecord {
  const { stopped_by: _, snapshots: __, ...measured } = cellResult();
  return {
    schema_version: 1,
    key: 'a'.repeat(64),
    target: 'h100',
    cell: cell(),
    requests_file: null,
    attempts: 1,
    ...measured,
    ...overrides,
  };
}

export const runTarget = (overrides: Partial<LiveTarget> = {}): LiveTarget => {
  const { engine, model, settings, features } = identity();
  return {
    name: 'h100',
    url: 'http://127.0.0.1:8000',
    definition: { url: 'http://127.0.0.1:8000' },
    agent: null,
    accelerator: null,
    devices: 1,
    tensor_parallel: 1,
    expert_parallel: null,
    engine,
    model,
    model_card: null,
    settings,
    features,
    host: {
      name: 'host',
      platform: 'linux',
      cpu: 'cpu',
      cores: 2,
      memory_bytes: 1,
      node_version: '24',
      agent_version: '0.1.0',
      clock_offset_s: 0,
      clock_offset_bound_s: 0,
    },
    driving: null,
    simulator: null,
    warnings: [],
    ...overrides,
  };
};

export const run = (overrides: Partial<Run> = {}): Run => {
  const { suite, digest } = loadText(GRID);
  return {
    schema_version: 1,
    id: 'run-1',
    created_at: '2026-01-01T00:00:00.000Z',
    tool: { name: 'ridgepoint', version: '0.1.0' },
    suite: { file: 's.yaml', digest, content: suite },
    targets: [runTarget()],
    simulate: null,
    imported: null,
    quantile_method: 'linear',
    ...overrides,
  };
};
