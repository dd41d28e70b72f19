import { describe, expect, test } from 'vitest';
import { kvBytesPerToken } from '../../src/model/quantities.ts';
import { KvLink } from '../../src/simulate/kv/link.ts';
import { type KvConnector, kvConnector, type Role } from '../../src/simulate/kv/options.ts';
import { REMOTE_DECODE } from '../../src/simulate/kv/sidecar.ts';
import type { SimulatedEndpoint } from '../../src/simulate/server.ts';
import { body, chunksOf, endpoint, post } from './endpoint.ts';
import { card, device } from './factory.ts';

const SCALE = 0.01;
const prompt = Array.from({ length: 100 }, (_, index) => 1000 + index);

const half = (role: Role, given: Partial<KvConnector> = {}): Promise<SimulatedEndpoint> =>
  endpoint({ device: device({ timeScale: SCALE }), kv: kvConnector({ role, ...given }, SCALE) });

/** Leg 1: the prompt alone, in one piece. */
async function prefill(on: SimulatedEndpoint): Promise<Record<string, unknown> | null> {
  const { stream_options: _, min_tokens: __, ...whole } = body({ prompt, stream: false, max_tokens: 1 });
  const answer = await post(on, { ...whole, kv_transfer_params: REMOTE_DECODE });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { kv_transfer_params: Record<string, unknown> | null }).kv_transfer_params;
}

const decode = async (on: SimulatedEndpoint, params: unknown, headers: Record<string, string> = {}) => {
  const answer = await post(on, body({ prompt, kv_transfer_params: params }), headers);
  return { status: answer.status, text: await answer.text() };
};

/** Values of the metrics page by name and, where there is one, source. */
async function counters({ url }: SimulatedEndpoint): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map(
    [...text.matchAll(/^vllm:(\w+)\{(?:[^}]*source="(\w+)")?[^}]*\} (\S+)$/gm)].map(
      ([, name, source, value]) => [source ? `${name} ${source}` : name!, Number(value)],
    ),
  );
}

describe('a pair', () => {
  test('the decode server takes the prompt from where the prefill server says, and computes its last token alone', async () => {
    const [p, d] = [await half('prefill'), await half('decode')];
    const params = await prefill(p);
    expect(params).toMatchObject({ do_remote_prefill: true, tp_size: 1, remote_host: '127.0.0.1' });
    expect(p.state.live.loop.engine.kv.heldBlocks).toBe(7);
    const { status, text } = await decode(d, params);
    expect(status).toBe(200);
    expect(chunksOf(text).at(-1)!.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 6 });
    const seen = await counters(d);
    expect(seen.get('prompt_tokens_by_source_total external_kv_transfer')).toBe(99);
    expect(seen.get('prompt_tokens_by_source_total local_compute')).toBe(1);
    expect(seen.get('external_prefix_cache_hits_total')).toBe(99);
    expect(seen.get('nixl_xfer_time_seconds_count')).toBe(1);
    expect(seen.get('nixl_bytes_transferred_sum')).toBe(7 * 16 * kvBytesPerToken(card));
    expect(seen.get('nixl_num_failed_transfers_total')).toBe(0);
    // The lease ends with the transfer.
    await expect.poll(() => p.state.live.loop.engine.kv.heldBlocks).toBe(0);
    expect((await counters(p)).get('nixl_num_kv_expired_reqs_total')).toBe(0);
  });

  test('the first transfer from a server pays the handshake; transfers share the link', () => {
    const link = new KvLink(kvConnector({ role: 'decode', handshake_s: 2, base_s: 0.5, bytes_per_s: 10 }, 1));
    expect(link.transfer(10, 'p1', 20, 1)).toBe(14.5);
    expect(link.transfer(10, 'p1', 20, 1)).toBe(17);
    expect(link.transfer(20, 'p1', 20, 1)).toBe(22.5);
    expect(link.transfer(30, 'p2', 20, 1)).toBe(34.5);
    // The handshake is no part of a transfer's time, the wait for the link is.
    expect(link.transfer_s).toMatchObject({ count: 4, sum: 2.5 + 7 + 2.5 + 2.5 });
  });

  test('a server without a connector knows nothing of it', async () => {
    const [p, d] = [await endpoint(), await half('decode')];
    expect(await prefill(p)).toBeNull();
    expect((await decode(d, null)).status).toBe(200);
    expect((await counters(d)).get('prompt_tokens_by_source_total external_kv_transfer')).toBe(0);
    expect((await counters(p)).has('nixl_xfer_time_seconds_count')).toBe(false);
  });

  test('a routing sidecar has the prompt computed where the header says', async () => {
    const [p, d] = [await half('prefill'), await half('decode')];
    const { status } = await decode(d, null, { 'x-prefiller-host-port': new URL(p.url).host });
    expect(status).toBe(200);
    expect((await counters(d)).get('prompt_tokens_by_source_total external_kv_transfer')).toBe(99);
    expect((await counters(p)).get('prompt_tokens_total')).toBe(100);
  });

  test('a lease that nobody takes is over in time', async () => {
    const p = await half('prefill', { lease_s: 0.02 });
    await prefill(p);
    await expect.poll(async () => (await counters(p)).get('nixl_num_kv_expired_reqs_total')).toBe(1);
    expect(p.state.live.loop.engine.kv.heldBlocks).toBe(0);
  });
});

describe('transfers that go wrong', () => {
  test('fail: the request fails, and the server counts it', async () => {
    const [p, d] = [await half('prefill', { fault: 'lost' }), await half('decode')];
    const { status, text } = await decode(d, await prefill(p));
    expect(status).toBe(500);
    expect(text).toContain('could not be loaded');
    expect((await counters(d)).get('nixl_num_failed_transfers_total')).toBe(1);
  });

  test('recompute: the decode server silently computes the prompt itself', async () => {
    const [p, d] = [
      await half('prefill', { fault: 'expired' }),
      await half('decode', { on_failure: 'recompute' }),
    ];
    expect((await decode(d, await prefill(p))).status).toBe(200);
    const seen = await counters(d);
    expect(seen.get('prompt_tokens_by_source_total local_compute')).toBe(100);
    expect(seen.get('nixl_num_failed_transfers_total')).toBe(1);
    expect((await counters(p)).get('nixl_num_kv_expired_reqs_total')).toBe(1);
  });

  test('no-params: nothing is handed over; slow: a hundredth of the bandwidth', async () => {
    expect(await prefill(await half('prefill', { fault: 'no-params' }))).toBeNull();
    expect(kvConnector({ role: 'both', fault: 'slow' }, 1).bytes_per_s).toBe(0.5e9);
    expect(kvConnector({ role: 'both' }, 0.1)).toMatchObject({
      bytes_per_s: 500e9,
      lease_s: 30,
    });
  });
});
