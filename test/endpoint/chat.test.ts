import { describe, expect, test } from 'vitest';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { chatPrompts } from '../../src/endpoint/prompts-chat.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { fakeServer } from './fake-server.ts';

const access = (url: string) => ({ url, apiKey: null, apiKeyEnv: null });

/** Words, each as many tokens as it has syllables, nearly; 5 tokens of template. */
const wordCount = (text: string): number => 5 + (text.match(/[a-zA-Z]{1,5}|[^a-zA-Z\s]/g)?.length ?? 0);

describe('texts for a chat', () => {
  test.each([[64], [129], [1000]])(
    'are counted by the server as %i tokens with the template',
    async (tokens) => {
      const { url } = await endpoint();
      const source = await chatPrompts(access(url), 'm', tokens, 1);
      for (let i = 0; i < 20; i += 1)
        expect(Buffer.byteLength(source.next(tokens) as string) + 13).toBe(tokens);
      expect(new Set(Array.from({ length: 40 }, () => source.next(tokens))).size).toBeGreaterThan(4);
    },
  );

  test('also where tokens are words and parts of words', async () => {
    const server = await fakeServer((body, response) => {
      const [{ content }] = body.messages as [{ content: string }];
      response.end(JSON.stringify({ count: wordCount(content) }));
    });
    const source = await chatPrompts(access(server.url), 'm', 300, 1);
    for (let i = 0; i < 20; i += 1) expect(wordCount(source.next(300) as string)).toBe(300);
  });

  test('are about as long where the server does not tokenise', async () => {
    const server = await fakeServer((_, response) => response.writeHead(404).end('{}'));
    const text = (await chatPrompts(access(server.url), 'm', 100, 1)).next(100) as string;
    expect(text.split(' ').length).toBeGreaterThan(40);
  });
});

test('a cell over the chat interface: no role chunk is taken for a token, the template counts as input', async () => {
  const { url } = await endpoint();
  const known = await identifyEndpoint({ ...access(url), model: null, api: 'chat' });
  expect(known.features).toMatchObject({ token_id_prompts: false, continuous_usage: true, cache_salt: true });
  const lines: string[] = [];
  const { reasons, metrics } = await runCell(
    { url, model: null, api_key: null, api_key_env: null, api: 'chat' },
    known,
    {
      kind: 'load',
      input_tokens: 100,
      output_tokens: 10,
      concurrency: 2,
      arrivals: null,
      kv_fill: null,
      seed: 1,
      max_length_tokens: null,
      max_num_seqs: null,
      vocabulary_size: null,
      first_of_shape: false,
      protocol: protocolSchema.parse({ output_jitter: [1, 1] }),
      stop: stopSchema.parse({ min_requests: 20, max_requests: 40, min_s: 0.1, confidence_half_width: 0.5 }),
      objectives: null,
    },
    { progress: () => undefined, requests: (more) => void lines.push(...more), steps: () => undefined },
    new AbortController().signal,
  );
  const codes = reasons.map(({ code }) => code);
  for (const code of [
    'request_failed',
    'input_length_off',
    'output_length_off',
    'n_first_unknown',
    'prefix_cache_hit',
  ])
    expect(codes).not.toContain(code);
  expect(metrics!.single_token_chunks).toBe(1);
  const whole = lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome.state === 'completed');
  for (const { usage } of whole) expect(usage.prompt_tokens).toBe(100);
});
