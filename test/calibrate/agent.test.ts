import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { AgentTarget, CellTask } from '../../src/agent/protocol.ts';
import { runCell } from '../../src/agent/run-cell.ts';
import { saveCalibration } from '../../src/calibrate/calibration-file.ts';
import { thisHost } from '../../src/calibrate/this-host.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import type { HostCalibration } from '../../src/run/schema.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { ridge } from '../cli/ridge.ts';
import { temporaryFolder } from '../run/facts.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { card, device } from '../simulate/factory.ts';
import { calibration, rate } from './made.ts';

const flags = (url: string) => ['--target', `lab=${url}`, '--accelerator', 'h100-sxm', '--tp', '1'];

async function probed(url: string) {
  const { stdout } = await ridge('probe', ...flags(url), '--json');
  return (JSON.parse(stdout) as { host: { calibration: HostCalibration } }[])[0]!.host.calibration;
}

test('an agent reads what its host was calibrated to, and says where that is stale', async () => {
  const { url } = await endpoint();
  const folder = await temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder);
  const file = join(folder, 'ridgepoint', 'calibration.json');
  expect(await probed(url)).toEqual({ state: 'none' });
  const old = calibration({ host: { ...thisHost(), node_version: '12.0.0' } });
  await saveCalibration(file, old);
  expect(await probed(url)).toMatchObject({
    state: 'stale',
    why: expect.stringContaining('it was Node 12.0.0'),
  });
  const now = calibration({ host: thisHost(), calibrated_at: '2026-01-01T00:00:00.000Z' });
  await saveCalibration(file, now);
  expect(await probed(url)).toEqual({ state: 'calibrated', ...now });
  const { stdout } = await ridge('probe', ...flags(url));
  expect(stdout).toMatch(/^ {2}client +calibrated 2026-01-01 00:00: TTFT 0\.42 ms late \(p99 1\.1\)/m);
});

test('a cell in which more chunks arrive than the host was calibrated for is client_bound', async () => {
  const { url } = await endpoint({ device: device({ timeScale: 0.2 }) });
  const target: AgentTarget = { url, model: null, api_key: null, api_key_env: null, power: null };
  const identity = await identifyEndpoint({ url, apiKey: null, apiKeyEnv: null, model: null });
  const nothing = (): void => undefined;
  const hooks = { progress: nothing, requests: nothing, steps: nothing, power: nothing };
  const low = { ...calibration({ rates: [rate(1, 1)] }), state: 'calibrated' } as const;
  const task: CellTask = {
    ...{ kind: 'load', input_tokens: 64, output_tokens: 12, concurrency: 4, arrivals: null, kv_fill: null },
    ...{ seed: 1, max_length_tokens: null, max_num_seqs: null, vocabulary_size: card.vocabulary_size },
    ...{ first_of_shape: false, objectives: null, idle_power_w: null },
    protocol: protocolSchema.parse({}),
    stop: stopSchema.parse({ min_s: 0, min_requests: 24, max_requests: 24, confidence_half_width: 0.5 }),
    // Of this host's own stamps no more is asked than it can give while other tests run.
    thresholds: { client_bound_ttft_share: 0.5, client_bound_tpot_share: 0.2 },
  };
  const signal = new AbortController().signal;
  const { reasons, snapshots } = await runCell(target, identity, task, hooks, signal, undefined, low);
  expect(reasons).toContainEqual(expect.objectContaining({ code: 'client_bound', fit: 'exclude' }));
  expect(snapshots.evidence).toMatchObject({ calibration: { workers: 1, max_events_per_s: 1 } });
});
