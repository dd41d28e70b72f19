import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createPairPort, type PairPort, type PrefillRoute } from '../../src/endpoint/pair-port.ts';
import { decodeBody, prefillBody, splitBody } from '../../src/endpoint/prefill-leg.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { kvConnector } from '../../src/simulate/kv/options.ts';
import type { SimulatedEndpoint } from '../../src/simulate/server.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { card, device } from '../simulate/factory.ts';

const SCALE = 0.05;

const half = (role: 'prefill' | 'decode'): Promise<SimulatedEndpoint> =>
  endpoint({ device: device({ timeScale: SCALE }), kv: kvConnector({ role, handshake_s: 0.1 }, SCALE) });

function pairPort(url: string, prefill: PrefillRoute): PairPort {
  const port = createPairPort({
    url,
    prefill,
    apiKey: null,
    model: card.id,
    features: {
      token_id_prompts: true,
      cache_salt: true,
      continuous_usage: true,
      return_token_ids: true,
      metrics: true,
    },
    prompts: randomIdPrompts(card.vocabulary_size, 7),
    temperature: 0,
    seed: 1,
    requestTimeoutSeconds: 30,
    stallTimeoutSeconds: 30,
  });
  onTestFinished(() => port.close());
  return port;
}

const send = (port: PairPort, sequence = 0, outputTokens = 8): Promise<RequestTimeline> =>
  new Promise((resolve) => {
    const spec = { sequence, stream: 0, role: 'load', inputTokens: 200, outputTokens } as const;
    port.send({ ...spec, scheduledAt: port.now() }, resolve);
  });

/** A server that keeps what it was asked and answers with a fixed JSON. */
async function listener(answer: object, status = 200) {
  const asked: { readonly headers: IncomingMessage['headers']; readonly body: Record<string, unknown> }[] =
    [];
  const server = createServer(async (incoming, response) => {
    let text = '';
    for await (const part of incoming) text += part;
    asked.push({ headers: incoming.headers, body: JSON.parse(text) });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test('a prompt goes to one server, its answer comes from the other, each leg with its own time', async () => {
  const [p, d] = [await half('prefill'), await half('decode')];
  const port = pairPort(d.url, { by: 'client', url: p.url });
  const timeline = await send(port);
  expect(timeline.outcome.state).toBe('completed');
  expect(timeline.usage).toMatchObject({ prompt_tokens: 200, completion_tokens: 8 });
  const { legs, sent_s, chunks } = timeline;
  expect(legs!.prefill_ended_s).toBeGreaterThan(sent_s);
  expect(legs!.decode_sent_s).toBeGreaterThanOrEqual(legs!.prefill_ended_s);
  expect(chunks.at_s[0]!).toBeGreaterThan(legs!.decode_sent_s);
  expect(p.state.live.loop.engine.metrics.prompt_tokens).toBe(200);
  expect(d.state.live.loop.engine.metrics.prompt_tokens_external).toBe(199);
});

test('both legs have one id, and the prefill leg is the same request in one piece with one token', async () => {
  const p = await listener({
    choices: [],
    kv_transfer_params: { remote_engine_id: 'e', remote_block_ids: [1, 2] },
  });
  const d = await listener({});
  const timeline = await send(pairPort(d.url, { by: 'client', url: p.url }), 41);
  expect(timeline.outcome).toMatchObject({ state: 'failed', kind: 'protocol' });
  const [leg1, leg2] = [p.asked[0]!, d.asked[0]!];
  expect(leg1.headers['x-request-id']).toMatch(/^ridge-.+-41$/);
  expect(leg2.headers['x-request-id']).toBe(leg1.headers['x-request-id']);
  expect(leg1.body).toMatchObject({
    stream: false,
    max_tokens: 1,
    kv_transfer_params: { do_remote_decode: true },
  });
  expect(leg1.body).not.toHaveProperty('min_tokens');
  expect(leg1.body).not.toHaveProperty('stream_options');
  expect(leg2.body).toMatchObject({ stream: true, max_tokens: 8, min_tokens: 8 });
  expect(leg2.body.kv_transfer_params).toEqual({ remote_engine_id: 'e', remote_block_ids: [1, 2] });
  for (const same of ['prompt', 'cache_salt', 'model', 'temperature']) {
    expect(leg2.body[same]).toEqual(leg1.body[same]);
  }
});

test('servers that share storage hand nothing over', async () => {
  const p = await listener({ choices: [], kv_transfer_params: null });
  const d = await listener({});
  await send(pairPort(d.url, { by: 'client', url: p.url }));
  expect(d.asked[0]!.body).not.toHaveProperty('kv_transfer_params');
});

test.each([
  [
    'refuses',
    { error: { message: 'no room' } },
    503,
    { kind: 'http_status', message: 'prefill: no room', http_status: 503 },
  ],
  ['says what is no JSON object', [], 200, { kind: 'protocol', http_status: 200 }],
] as const)('a prefill server that %s fails the request by name', async (_, answer, status, failure) => {
  const p = await listener(answer, status);
  const d = await listener({});
  const timeline = await send(pairPort(d.url, { by: 'client', url: p.url }));
  expect(timeline.outcome).toMatchObject({ state: 'failed', ...failure });
  expect(timeline.legs).toBeUndefined();
  expect(d.asked).toHaveLength(0);
});

test('a request can be aborted on either server', async () => {
  const [p, d] = [await half('prefill'), await half('decode')];
  const port = pairPort(d.url, { by: 'client', url: p.url });
  const spec = { sequence: 1, stream: 0, role: 'load', inputTokens: 200, outputTokens: 4000 } as const;
  const outcome = await new Promise((resolve) => {
    const abort = port.send({ ...spec, scheduledAt: port.now() }, ({ outcome }) => resolve(outcome));
    abort();
  });
  expect(outcome).toEqual({ state: 'aborted' });
  const later = await new Promise((resolve) => {
    const abort = port.send({ ...spec, sequence: 2, scheduledAt: port.now() }, ({ outcome }) =>
      resolve(outcome),
    );
    const watch = setInterval(() => {
      if (d.state.live.loop.engine.running > 0) abort();
    }, 1);
    onTestFinished(() => clearInterval(watch));
  });
  expect(later).toEqual({ state: 'aborted' });
});

test('through a gateway: one request, with the prefill server named where it is known', async () => {
  const [p, d] = [await half('prefill'), await half('decode')];
  const timeline = await send(pairPort(d.url, { by: 'gateway', url: p.url }));
  expect(timeline.outcome.state).toBe('completed');
  expect(timeline.legs).toBeUndefined();
  expect(d.state.live.loop.engine.metrics.prompt_tokens_external).toBe(199);
  const chooses = await listener({});
  await send(pairPort(chooses.url, { by: 'gateway', url: null }));
  expect(chooses.asked[0]!.headers).not.toHaveProperty('x-prefiller-host-port');
  const named = await listener({});
  await send(pairPort(named.url, { by: 'gateway', url: 'http://10.0.0.7' }));
  expect(named.asked[0]!.headers['x-prefiller-host-port']).toBe('10.0.0.7:80');
});

test('a local hit takes nothing from the prefill server', async () => {
  const [p, d] = [await half('prefill'), await half('decode')];
  const port = pairPort(d.url, { by: 'client', url: p.url });
  expect(await port.localHit(200)).toBeGreaterThan(0);
  const { metrics } = d.state.live.loop.engine;
  expect(metrics.prefix_cache_hits).toBe(192);
  expect(metrics.prompt_tokens_external).toBe(0);
  expect(p.state.live.loop.engine.metrics.prompt_tokens).toBe(0);
});

test('bodies are split at the prompt, which is never parsed', () => {
  const parts = splitBody(
    '{"prompt":[1,2,3],"model":"m","stream":true,"max_tokens":9,"min_tokens":9,"stop":null}',
  );
  expect(JSON.parse(prefillBody(parts))).toMatchObject({
    prompt: [1, 2, 3],
    model: 'm',
    max_tokens: 1,
    stop: null,
  });
  expect(decodeBody(parts, { state: 'done', params: null })).toBe(
    '{"prompt":[1,2,3],"model":"m","stream":true,"max_tokens":9,"min_tokens":9,"stop":null}',
  );
});
