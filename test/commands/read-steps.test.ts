import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withSteps } from '../../src/commands/read-steps.ts';
import { stepsKey } from '../../src/fit/from-runs.ts';
import { encodeSteps } from '../../src/measure/steps/steps-codec.ts';
import type { RunRecord } from '../../src/run/read-run.ts';
import { measureCell } from '../fit/steps/tomography.ts';
import { measureSuite } from '../fit/virtual.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ridge-steps-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const summary = { count: 1, checked_count: 1, server_count: 1, resolved: true, median_decode_step_ms: 1 };

describe('the steps of a run', () => {
  const made = measureCell();
  const [cell] = made.records;
  const recordOf = (resolved: boolean | null): RunRecord => ({
    folder,
    run: made.run,
    records: [{ ...cell!, steps: { ...summary, resolved }, steps_file: 'steps/one.json.gz' }],
    torn: '',
    warnings: [],
  });
  const seen = made.steps!.get(stepsKey(cell!))!;

  test('are read where their count is the server’s, and only there', async () => {
    await mkdir(join(folder, 'steps'), { recursive: true });
    await writeFile(join(folder, 'steps/one.json.gz'), gzipSync(JSON.stringify(encodeSteps(seen))));
    const { steps } = await withSteps(recordOf(true), 'auto');
    expect(steps!.get(stepsKey(cell!))!.decodes).toEqual(seen.decodes);
    for (const resolved of [false, null])
      expect((await withSteps(recordOf(resolved), 'auto')).steps).toBeUndefined();
    expect((await withSteps(recordOf(true), 'none')).steps).toBeUndefined();
  });

  test('of cells with one length count only when asked for', async () => {
    const { run } = measureSuite([1]);
    const plain = { ...recordOf(true), run };
    expect((await withSteps(plain, 'auto')).steps).toBeUndefined();
    expect((await withSteps(plain, 'all')).steps!.size).toBe(1);
  });
});
