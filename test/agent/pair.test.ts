import { describe, expect, test } from 'vitest';
import type { AgentTarget, CellTask } from '../../src/agent/protocol.ts';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { type KvConnector, kvConnector } from '../../src/simulate/kv/options.ts';
import type { SimulatedEndpoint } from '../../src/simulate/server.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { card, device } from '../simulate/factory.ts';

const SCALE = 0.1;
/** A link on which 256 tokens of this model take 7 ms, and a handshake of 50 ms. */
const LINK: Partial<KvConnector> = { bytes_per_s: 0.5e9, handshake_s: 0.5 };

const half = (role: 'prefill' | 'decode', given: Partial<KvConnector> = {}): Promise<SimulatedEndpoint> =>
  endpoint({ device: device({ timeScale: SCALE }), kv: kvConnector({ role, ...LINK, ...given }, SCALE) });

const task = (facts: Partial<CellTask> = {}): CellTask => ({
  kind: 'disaggregated',
  input_tokens: 256,
  output_tokens: 12,
  concurrency: 2,
  arrivals: null,
  kv_fill: null,
  seed: 1,
  max_length_tokens: null,
  max_num_seqs: null,
  vocabulary_size: card.vocabulary_size,
  first_of_shape: false,
  protocol: protocolSchema.parse({}),
  stop: stopSchema.parse({ min_s: 0, min_requests: 24, max_requests: 24, confidence_half_width: 0.5 }),
  objectives: null,
  idle_power_w: null,
  ...facts,
});

async function measure(target: Pick<AgentTarget, 'url' | 'prefill'>, facts: Partial<CellTask> = {}) {
  const whole: AgentTarget = { model: null, api_key: null, api_key_env: null, power: null, ...target };
  const identity = await identifyEndpoint({ url: target.url, apiKey: null, apiKeyEnv: null, model: null });
  const nothing = (): void => undefined;
  const hooks = { progress: nothing, requests: nothing, steps: nothing, power: nothing };
  return runCell(whole, identity, task(facts), hooks, new AbortController().signal);
}

const pairOf = (p: SimulatedEndpoint, d: SimulatedEndpoint) => ({
  url: d.url,
  prefill: { by: 'client', url: p.url } as const,
});
const kvCodes = (reasons: readonly { readonly code: string }[]): string[] =>
  reasons.map(({ code }) => code).filter((code) => code.startsWith('kv_'));

describe('a disaggregated cell on a simulated pair', () => {
  test('shows both legs, the transfer, and all tokens that came by it', async () => {
    const [p, d] = [await half('prefill'), await half('decode', { bytes_per_s: 5e9 })];
    const { metrics, reasons } = await measure(pairOf(p, d), { concurrency: 1 });
    expect(kvCodes(reasons)).toEqual([]);
    const pair = metrics!.disaggregated!;
    const transferSeconds = (0.5e-3 + (256 * 131072) / 5e9) * SCALE;
    expect(pair.counters!.seconds! / pair.counters!.transfers!).toBeCloseTo(transferSeconds, 9);
    expect(pair.bandwidth_bytes_per_s! / 1e9).toBeCloseTo((256 * 131072) / transferSeconds / 1e9, 6);
    expect(pair.counters!.external_tokens!).toBeGreaterThanOrEqual(pair.expected_tokens);
    expect(pair.counters).toMatchObject({ failed: 0, expired: 0 });
    expect(pair.local_hit_ms!.n).toBe(5);
    expect(pair.kv_transfer_ms).toBeCloseTo(pair.decode_first_ms!.mean - pair.local_hit_ms!.mean, 9);
    expect(pair.second_token_ms!.mean).toBeGreaterThan(metrics!.ttft_ms!.mean);
    expect(metrics!.ttft_ms!.mean).toBeGreaterThan(pair.prefill_ms!.mean);
    // The handshake was paid before the cell began: every transfer of the cell took the same.
    expect(d.state.kv!.link.transfer_s.count).toBe(pair.counters!.transfers! + 1);
  });

  test('through a gateway there are no legs to see, the rest is the same', async () => {
    const [p, d] = [await half('prefill'), await half('decode', { bytes_per_s: 5e9 })];
    const { metrics, reasons } = await measure({ url: d.url, prefill: { by: 'gateway', url: p.url } });
    expect(kvCodes(reasons)).toEqual([]);
    const pair = metrics!.disaggregated!;
    expect(pair).toMatchObject({ prefill_ms: null, decode_first_ms: null, kv_transfer_ms: null });
    expect(pair.local_hit_ms!.n).toBe(5);
    expect(pair.second_token_ms!.mean).toBeGreaterThan(0);
    expect(pair.counters!.external_tokens!).toBeGreaterThanOrEqual(pair.expected_tokens);
  });

  test('a prefill server that hands nothing over: the decode server computed it all', async () => {
    const [p, d] = [await half('prefill', { fault: 'no-params' }), await half('decode')];
    const { verdict, reasons, metrics } = await measure(pairOf(p, d));
    expect(kvCodes(reasons)).toEqual(['kv_transfer_missing']);
    expect(verdict).toBe('invalid');
    expect(metrics!.disaggregated!.counters).toMatchObject({ transfers: 0, external_tokens: 0 });
  });

  test('a link a hundred times too slow is named', async () => {
    const [p, d] = [await half('prefill'), await half('decode', { bytes_per_s: 5e9, fault: 'slow' })];
    expect(kvCodes((await measure(pairOf(p, d))).reasons)).toEqual(['kv_bandwidth_implausible']);
  });

  test('lost blocks that are silently computed again are failures all the same', async () => {
    const [p, d] = [
      await half('prefill', { fault: 'expired' }),
      await half('decode', { on_failure: 'recompute' }),
    ];
    const { reasons, metrics } = await measure(pairOf(p, d));
    expect(kvCodes(reasons)).toEqual(['kv_transfer_missing', 'kv_transfer_failed']);
    const { failed, expired } = metrics!.disaggregated!.counters!;
    expect(failed).toBeGreaterThan(24);
    expect(expired).toBe(failed);
  });

  test('a target that is no pair is refused', async () => {
    const d = await half('decode');
    await expect(measure({ url: d.url })).rejects.toThrow('need a pair of servers');
  });
});

/** What a busy host cannot bring about. */
const HARD = [
  'request_failed',
  'output_length_off',
  'input_length_off',
  'token_count_mismatch',
  'prefix_cache_hit',
];

test.each(['prefill', 'decode'] as const)('%s cells over sockets', async (kind) => {
  const d = await endpoint({ device: device({ timeScale: 0.5 }) });
  const facts =
    kind === 'prefill' ? { output_tokens: 1, concurrency: 2 } : { output_tokens: 64, concurrency: 6 };
  const { metrics, reasons, window } = await measure({ url: d.url }, { kind, ...facts });
  expect(reasons.filter(({ code }) => HARD.includes(code))).toEqual([]);
  expect(window).not.toBeNull();
  if (kind === 'prefill') expect(metrics!.tpot_ms).toBeNull();
  else {
    expect(metrics!.decode!.batches).toBeGreaterThanOrEqual(2);
    expect(metrics!.decode!.steps / metrics!.decode!.batches).toBeGreaterThan(15);
  }
});
