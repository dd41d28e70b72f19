import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import type { RequestSpec } from '../../src/load/port.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { fakeServer, healthy, sse, startStream, tokenChunk, usageChunk } from './fake-server.ts';

const features = {
  token_id_prompts: true,
  cache_salt: true,
  continuous_usage: true,
  return_token_ids: true,
  metrics: true,
};

function portTo(url: string, overrides: Partial<Parameters<typeof createEndpointPort>[0]> = {}) {
  const port = createEndpointPort({
    url,
    apiKey: null,
    model: 'm',
    features,
    temperature: 0,
    seed: 1,
    prompts: randomIdPrompts(1000, 1),
    requestTimeoutSeconds: 5,
    stallTimeoutSeconds: 5,
    ...overrides,
  });
  onTestFinished(() => port.close());
  return port;
}

const spec = (overrides: Partial<RequestSpec> = {}): RequestSpec => ({
  sequence: 0,
  stream: 0,
  role: 'load',
  inputTokens: 7,
  outputTokens: 3,
  scheduledAt: 0,
  ...overrides,
});

type Port = ReturnType<typeof portTo>;
const send = (port: Port, request = spec()): Promise<RequestTimeline> =>
  new Promise((resolve) => port.send(request, resolve));

describe('a healthy stream', () => {
  test('is read as one whatever a proxy says that it is', async () => {
    const server = await fakeServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(sse(tokenChunk({ finish: 'length', usage: [7, 3] })));
      response.end(sse(usageChunk([7, 3])) + sse('[DONE]'));
    });
    const timeline = await send(portTo(server.url));
    expect(timeline.outcome).toEqual({ state: 'completed', finish_reason: 'length' });
  });

  test('gives stamps in order, tokens by usage, and bounds that are never negative', async () => {
    const server = await fakeServer(healthy);
    const timeline = await send(portTo(server.url));
    expect(timeline.outcome).toEqual({ state: 'completed', finish_reason: 'length' });
    expect(timeline.chunks.tokens).toEqual([1, 1, 1]);
    expect(timeline.usage).toEqual({ prompt_tokens: 7, completion_tokens: 3, cached_tokens: null });
    expect(timeline.tokens_counted_by).toBe('server');
    const times = [timeline.sent_s, timeline.first_byte_s!, ...timeline.chunks.at_s, timeline.ended_s];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const bound of timeline.chunks.bound_s) expect(bound).toBeGreaterThanOrEqual(0);
  });

  test('asks for exact lengths, usage and a fresh salt, and sends as many ids as wanted, never the same', async () => {
    const server = await fakeServer(healthy);
    const port = portTo(server.url, { apiKey: 'secret' });
    await send(port);
    await send(port, spec({ sequence: 1 }));
    const [first, second] = server.bodies;
    expect(first).toMatchObject({
      model: 'm',
      stream: true,
      stream_options: { include_usage: true, continuous_usage_stats: true },
      max_tokens: 3,
      min_tokens: 3,
      ignore_eos: true,
      stop: null,
      temperature: 0,
    });
    expect(first!.prompt).toHaveLength(7);
    expect(first!.prompt).not.toEqual(second!.prompt);
    expect(first!.cache_salt).toMatch(/^[A-Za-z0-9_-]{1,43}$/);
    expect(first!.cache_salt).not.toBe(second!.cache_salt);
    expect(first).not.toHaveProperty('return_token_ids');
    expect(server.headers[0]!.authorization).toBe('Bearer secret');
  });

  test('keeps its connection for the next request of the stream', async () => {
    const server = await fakeServer(healthy);
    const port = portTo(server.url);
    for (let sequence = 0; sequence < 5; sequence++) await send(port, spec({ sequence }));
    expect(server.connections()).toBe(1);
  });

  test('runs as many requests at once as are sent', async () => {
    const waiting: (() => void)[] = [];
    const server = await fakeServer((body, response, request) => {
      waiting.push(() => healthy(body, response, request));
      // Nobody is answered before all have arrived.
      if (waiting.length === 150) for (const go of waiting) go();
    });
    const port = portTo(server.url);
    const all = await Promise.all(
      Array.from({ length: 150 }, (_, sequence) => send(port, spec({ sequence, stream: sequence }))),
    );
    expect(all.every((timeline) => timeline.outcome.state === 'completed')).toBe(true);
  });
});

describe('a request that fails', () => {
  test('says so when nobody listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const { outcome, chunks } = await send(portTo(`http://127.0.0.1:${port}`));
    expect(outcome).toMatchObject({ state: 'failed', kind: 'connection', http_status: null });
    expect(outcome).toHaveProperty('message', expect.stringContaining('ECONNREFUSED'));
    expect(chunks.at_s).toEqual([]);
  });

  test.each([
    [401, '{"error":{"message":"invalid key","type":"auth"}}', 'invalid key'],
    [429, '{"error":{"message":"too many requests"}}', 'too many requests'],
    [400, '{"object":"error","message":"too long","code":400}', 'too long'],
    [500, '<html>oops</html>', '<html>oops</html>'],
  ])('keeps status %i and the message of its body', async (status, body, message) => {
    const server = await fakeServer((_, response) => response.writeHead(status).end(body));
    const { outcome } = await send(portTo(server.url));
    expect(outcome).toEqual({ state: 'failed', kind: 'http_status', message, http_status: status });
  });

  test('has the message of an error event inside a 200, and the tokens before it', async () => {
    const server = await fakeServer((_, response) => {
      startStream(response);
      response.write(sse(tokenChunk({ usage: [7, 1] })));
      response.write(sse({ error: { message: 'engine died', type: 'InternalServerError', code: 500 } }));
      response.end(sse('[DONE]'));
    });
    const { outcome, chunks } = await send(portTo(server.url));
    expect(outcome).toEqual({
      state: 'failed',
      kind: 'stream_error',
      message: 'engine died',
      http_status: 200,
    });
    expect(chunks.tokens).toEqual([1]);
  });

  test('counts a data object without choices as an error of the engine', async () => {
    const server = await fakeServer((_, response) => {
      startStream(response);
      response.end(sse({ detail: 'EngineDeadError' }));
    });
    const { outcome } = await send(portTo(server.url));
    expect(outcome).toMatchObject({ state: 'failed', kind: 'stream_error' });
  });

  test.each([
    ['half a stream', [tokenChunk({ usage: [7, 1] })]],
    ['no usage', [tokenChunk(), tokenChunk({ finish: 'length' })]],
    ['no finish reason', [tokenChunk({ usage: [7, 1] }), usageChunk([7, 1])]],
  ])('is truncated with %s', async (_, chunks) => {
    const server = await fakeServer((_, response) => {
      startStream(response);
      response.end(chunks.map(sse).join(''));
    });
    expect((await send(portTo(server.url))).outcome).toMatchObject({ state: 'failed', kind: 'truncated' });
  });

  test('is a lost connection when the socket breaks in the middle', async () => {
    const server = await fakeServer((_, response) => {
      startStream(response);
      response.write(sse(tokenChunk({ usage: [7, 1] })), () => response.destroy());
    });
    expect((await send(portTo(server.url))).outcome).toMatchObject({ state: 'failed', kind: 'connection' });
  });

  test.each([
    ['no event stream', 'application/json', '{"choices":[]}'],
    ['garbage in the stream', 'text/event-stream', 'data: {"choices": [{"te\n\n'],
  ])('breaks the protocol with %s', async (_, type, body) => {
    const server = await fakeServer((_, response) =>
      response.writeHead(200, { 'content-type': type }).end(body),
    );
    expect((await send(portTo(server.url))).outcome).toMatchObject({ state: 'failed', kind: 'protocol' });
  });

  test('breaks the protocol when the bytes are no HTTP', async () => {
    const raw = createServer((socket) => {
      socket.once('data', () => socket.end('220 smtp.example ready\r\n'));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void raw.close());
    await new Promise((resolve) => raw.once('listening', resolve));
    const { port } = raw.address() as AddressInfo;
    expect((await send(portTo(`http://127.0.0.1:${port}`))).outcome).toMatchObject({ kind: 'protocol' });
  });

  test('times out when the stream has no end, and keeps what came before', async () => {
    const server = await fakeServer((_, response) => {
      startStream(response);
      response.write(sse(tokenChunk({ usage: [7, 1] })));
    });
    const timeline = await send(portTo(server.url, { requestTimeoutSeconds: 0.3 }));
    expect(timeline.outcome).toMatchObject({ state: 'failed', kind: 'timeout', http_status: 200 });
    expect(timeline.chunks.tokens).toEqual([1]);
    expect(timeline.ended_s - timeline.sent_s).toBeGreaterThanOrEqual(0.29);
  });

  test('is over soon when the stream stalls after its first token, and says so', async () => {
    const server = await fakeServer((_, response) => {
      startStream(response);
      response.write(sse(tokenChunk({ usage: [7, 1] })));
      setTimeout(() => response.write(sse(tokenChunk({ usage: [7, 2] }))), 150);
    });
    const timeline = await send(portTo(server.url, { stallTimeoutSeconds: 0.4 }));
    expect(timeline.outcome).toEqual({
      state: 'failed',
      kind: 'timeout',
      message: 'stalled: no byte for 0.4 s',
      http_status: 200,
    });
    expect(timeline.chunks.tokens).toEqual([1, 1]);
    expect(timeline.ended_s - timeline.chunks.at_s[1]!).toBeGreaterThanOrEqual(0.399);
  });

  test('is not stalled while it waits for its first token', async () => {
    const server = await fakeServer((body, response, request) => {
      setTimeout(() => healthy(body, response, request), 250);
    });
    const timeline = await send(portTo(server.url, { stallTimeoutSeconds: 0.05 }));
    expect(timeline.outcome.state).toBe('completed');
  });
});

describe('aborting', () => {
  test('ends the request once, frees the server and keeps the tokens so far', async () => {
    let closed: () => void;
    const disconnected = new Promise<void>((resolve) => {
      closed = resolve;
    });
    let abort = () => {};
    const server = await fakeServer((_, response) => {
      response.on('close', closed);
      startStream(response);
      response.write(sse(tokenChunk({ usage: [7, 1] })), () => setTimeout(() => abort(), 50));
    });
    const port = portTo(server.url);
    let ends = 0;
    const timeline = await new Promise<RequestTimeline>((resolve) => {
      abort = port.send(spec(), (ended) => {
        ends += 1;
        resolve(ended);
      });
    });
    abort();
    await disconnected;
    expect(timeline.outcome).toEqual({ state: 'aborted' });
    expect(timeline.chunks.tokens).toEqual([1]);
    expect(ends).toBe(1);
  });

  test('works before the socket is connected', async () => {
    const server = await fakeServer(healthy);
    const port = portTo(server.url);
    const timeline = await new Promise<RequestTimeline>((resolve) => {
      port.send(spec(), resolve)();
    });
    expect(timeline.outcome).toEqual({ state: 'aborted' });
  });
});

test('timers are never early', async () => {
  const port = portTo('http://127.0.0.1:9');
  const due = Array.from({ length: 20 }, (_, i) => port.now() + 0.0005 + i * 0.0013);
  const fired = await Promise.all(
    due.map((time) => new Promise<number>((resolve) => port.at(time, () => resolve(port.now() - time)))),
  );
  for (const late of fired) expect(late).toBeGreaterThanOrEqual(0);
});
