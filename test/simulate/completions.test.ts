import { describe, expect, it, vi } from 'vitest';
import { body, type Chunk, chunksOf, dataOf, endpoint, post } from './endpoint.ts';
import { card, device } from './factory.ts';

describe('a streamed completion', () => {
  it('carries every token with its id, cumulative usage, finish reason, usage chunk and end marker', async () => {
    const response = await post(await endpoint(), body());
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(dataOf(text).at(-1)).toBe('[DONE]');
    const chunks = chunksOf(text);
    const bearing = chunks.slice(0, -1);
    expect(bearing).toHaveLength(6);
    expect(bearing.map((chunk) => chunk.usage?.completion_tokens)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(bearing.every((chunk) => chunk.choices[0]!.token_ids!.length === 1)).toBe(true);
    expect(bearing.map((chunk) => chunk.choices[0]!.prompt_token_ids)).toEqual([
      [11, 12, 13, 14, 15],
      ...new Array<null>(5).fill(null),
    ]);
    expect(bearing.map((chunk) => chunk.choices[0]!.finish_reason)).toEqual([
      ...new Array<null>(5).fill(null),
      'length',
    ]);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 },
    });
  });

  it('leaves out what was not asked for', async () => {
    const text = await (
      await post(await endpoint(), body({ stream_options: null, return_token_ids: false }))
    ).text();
    const chunks = chunksOf(text);
    expect(chunks).toHaveLength(6);
    expect(chunks.every((chunk) => chunk.usage === undefined && chunk.choices[0]!.token_ids === null)).toBe(
      true,
    );
  });

  it('sometimes has a token without text', async () => {
    const chunks = chunksOf(
      await (await post(await endpoint(), body({ max_tokens: 400, min_tokens: 400 }))).text(),
    );
    const empty = chunks.slice(0, -1).filter((chunk) => chunk.choices[0]!.text === '');
    expect(empty.length).toBeGreaterThan(0);
    expect(empty.length).toBeLessThan(40);
  });

  it('coalesces chunks under load with that effect, without losing a token', async () => {
    const busy = await endpoint({ device: device({ timeScale: 0.02, effects: ['coalesce'] }) });
    const streams = await Promise.all(
      Array.from({ length: 40 }, async () =>
        chunksOf(await (await post(busy, body({ max_tokens: 60, min_tokens: 60 }))).text()).slice(0, -1),
      ),
    );
    const counts = streams.map((chunks) => chunks.map((chunk) => chunk.choices[0]!.token_ids!.length));
    expect(counts.every((tokens) => tokens.reduce((sum, count) => sum + count, 0) === 60)).toBe(true);
    expect(counts.flat().some((count) => count > 1)).toBe(true);
  });

  it('may end early when nothing forbids it', async () => {
    const open = await endpoint();
    const json = body({
      ignore_eos: false,
      min_tokens: 3,
      max_tokens: 5000,
      stream_options: { include_usage: true },
    });
    const chunks = chunksOf(await (await post(open, json)).text());
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
    const tokens = chunks.at(-1)!.usage!.completion_tokens;
    expect(tokens).toBeGreaterThan(3);
    expect(tokens).toBeLessThan(5000);
  });
});

it('answers without a stream, counting the bytes of a text prompt as tokens', async () => {
  const response = await post(await endpoint(), { prompt: 'häuser', max_tokens: 3, ignore_eos: true });
  expect(await response.json()).toMatchObject({
    object: 'text_completion',
    model: card.id,
    choices: [{ finish_reason: 'length' }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  });
});

it('finds a warm prefix under the same salt only', async () => {
  const warm = await endpoint();
  const prompt = Array.from({ length: 100 }, (_, index) => index + 1);
  const cached = async (cache_salt: string): Promise<unknown> => {
    const response = await post(warm, body({ prompt, cache_salt, stream: false, stream_options: null }));
    const { usage } = (await response.json()) as {
      usage: { prompt_tokens_details: { cached_tokens: number } };
    };
    return usage.prompt_tokens_details.cached_tokens;
  };
  expect(await cached('one')).toBe(0);
  expect(await cached('two')).toBe(0);
  expect(await cached('one')).toBe(96);
});

describe('a request that is refused', () => {
  const cases: readonly (readonly [string, unknown, number, string])[] = [
    [
      'over-long',
      body({ max_tokens: 200_000, min_tokens: 1 }),
      400,
      "This model's maximum context length is",
    ],
    ['of another model', body({ model: 'other/model' }), 404, 'The model `other/model` does not exist.'],
    ['without a prompt', body({ prompt: [] }), 400, 'The prompt is empty'],
    ['with an id out of range', body({ prompt: [5, 999_999] }), 400, 'Token id 999999 is out of vocabulary'],
    [
      'with min above max',
      body({ min_tokens: 7 }),
      400,
      'min_tokens must be less than or equal to max_tokens=6',
    ],
    ['for no tokens', body({ max_tokens: 0, min_tokens: 0 }), 400, 'max_tokens must be at least 1'],
    ['with an empty salt', body({ cache_salt: '' }), 400, 'cache_salt'],
    ['with several prompts', body({ prompt: [[1], [2]] }), 400, 'one prompt'],
    ['with stream options but no stream', body({ stream: false }), 400, 'Stream options can only be defined'],
    ['that is not JSON', '{"prompt": [1', 400, 'the body is not JSON'],
  ];
  it.each(cases)('%s', async (_what, json, status, message) => {
    const response = await post(await endpoint(), json);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as Chunk;
    expect(error).toMatchObject({ code: status, message: expect.stringContaining(message) });
  });

  it('without the key that the server wants, under /v1 only', async () => {
    const locked = await endpoint({ apiKey: 'secret' });
    const denied = await post(locked, body());
    expect([denied.status, await denied.json()]).toEqual([401, { error: 'Unauthorized' }]);
    const allowed = await post(locked, body(), { authorization: 'Bearer secret' });
    expect(allowed.status).toBe(200);
    await allowed.text();
    expect((await fetch(`${locked.url}/health`)).status).toBe(200);
  });
});

it('aborts the request of a client that goes away', async () => {
  const open = await endpoint({ device: device() });
  const { engine } = open.state.live.loop;
  const controller = new AbortController();
  const response = await post(open, body({ max_tokens: 5000, min_tokens: 5000 }), {}, controller.signal);
  const reader = response.body!.getReader();
  await reader.read();
  expect(engine.running).toBe(1);
  controller.abort();
  await vi.waitFor(() => expect(engine.running).toBe(0));
  expect(engine.metrics.request_success.abort).toBe(1);
  expect(engine.kv.heldBlocks).toBe(0);
});
