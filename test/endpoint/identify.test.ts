import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { type EndpointIdentity, identifyEndpoint } from '../../src/endpoint/identify.ts';
import type { RidgeError } from '../../src/errors.ts';
import {
  type Answer,
  type CompletionRequest,
  fakeServer,
  sse,
  startStream,
  tokenChunk,
  usageChunk,
} from './fake-server.ts';

const models = JSON.stringify({
  object: 'list',
  data: [
    { id: 'org/model', root: '/models/model', max_model_len: 4096, owned_by: 'vllm' },
    { id: 'adapter', root: '/models/adapter', parent: 'org/model', max_model_len: 4096, owned_by: 'vllm' },
  ],
});
const metrics =
  'vllm:num_requests_running{engine="0"} 0\n' +
  'vllm:cache_config_info{block_size="16",cache_dtype="fp8",enable_prefix_caching="True",num_gpu_blocks="100"} 1\n';
const pages = { '/v1/models': models, '/version': '{"version":"0.32.0"}', '/metrics': metrics };

interface Abilities {
  readonly ids?: boolean;
  readonly salt?: boolean;
  readonly continuous?: boolean;
  readonly tokenIds?: boolean;
  /** Rejects fields that it does not know, instead of ignoring them. */
  readonly strict?: boolean;
}

function reject(response: ServerResponse, message: string): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'BadRequestError', code: 400 } }));
}

/** A server with these abilities, and validation like that of vLLM. */
function able({
  ids = true,
  salt = true,
  continuous = true,
  tokenIds = true,
  strict = false,
}: Abilities): Answer {
  return (body: CompletionRequest, response) => {
    const options = body.stream_options as { continuous_usage_stats?: boolean };
    if (!ids && Array.isArray(body.prompt)) return reject(response, 'prompt must be a string');
    if (salt && body.cache_salt === '')
      return reject(response, "Parameter 'cache_salt' must be a non-empty string");
    if (strict && !salt && body.cache_salt !== undefined) return reject(response, 'extra field cache_salt');
    if (strict && !tokenIds && body.return_token_ids) return reject(response, 'extra field return_token_ids');
    if (strict && !continuous && options.continuous_usage_stats) return reject(response, 'extra field');
    startStream(response);
    for (let i = 1; i <= body.max_tokens; i++) {
      const chunk = tokenChunk({
        finish: i === body.max_tokens ? 'length' : null,
        usage: continuous && options.continuous_usage_stats ? [body.prompt.length, i] : null,
        tokenIds: tokenIds && body.return_token_ids ? [5] : null,
      });
      response.write(sse(chunk));
    }
    response.end(sse(usageChunk([body.prompt.length, body.max_tokens])) + sse('[DONE]'));
  };
}

const access = (url: string, model: string | null = null) => ({ url, model, apiKey: null, apiKeyEnv: null });

async function refusal(identified: Promise<EndpointIdentity>): Promise<RidgeError> {
  return identified.then(
    () => expect.unreachable('it was identified'),
    (error) => error,
  );
}

test('a vLLM server is identified by what it exposes', async () => {
  const server = await fakeServer(able({}), pages);
  expect(await identifyEndpoint(access(server.url))).toEqual({
    engine: { name: 'vllm', version: '0.32.0' },
    model: { id: 'org/model', root: '/models/model', max_length_tokens: 4096 },
    kv_capacity_tokens: 1600,
    block_size: 16,
    kv_cache_dtype: 'fp8',
    prefix_caching: true,
    max_num_seqs: null,
    max_num_batched_tokens: null,
    metrics_path: '/metrics',
    cache_reset: null,
    features: {
      token_id_prompts: true,
      cache_salt: true,
      continuous_usage: true,
      return_token_ids: true,
      metrics: true,
    },
    simulator: null,
    warnings: [],
  });
});

test('a simulated endpoint tells its truth', async () => {
  const truth = { parameters: { memory_bytes_per_s: 3e12 }, effects: ['jitter'], seed: 4 };
  const server = await fakeServer(able({}), { ...pages, '/ridge/simulator': JSON.stringify(truth) });
  expect((await identifyEndpoint(access(server.url))).simulator).toEqual(truth);
});

describe('features are detected, not assumed', () => {
  test.each<[string, Abilities, object]>([
    ['no salt', { salt: false }, { cache_salt: false }],
    [
      'a strict server without salt',
      { salt: false, strict: true },
      { cache_salt: false, continuous_usage: true },
    ],
    ['no continuous usage', { continuous: false }, { continuous_usage: false, return_token_ids: true }],
    [
      'a strict server without token ids',
      { tokenIds: false, strict: true },
      { return_token_ids: false, continuous_usage: true },
    ],
    [
      'a strict server with neither',
      { tokenIds: false, continuous: false, strict: true },
      { return_token_ids: false, continuous_usage: false },
    ],
    ['text prompts only', { ids: false }, { token_id_prompts: false, continuous_usage: true }],
  ])('%s', async (_, abilities, expected) => {
    const server = await fakeServer(able(abilities), pages);
    expect((await identifyEndpoint(access(server.url))).features).toMatchObject(expected);
  });

  test('what a server lacks is said', async () => {
    const lean = { '/v1/models': '{"data":[{"id":"m"}]}' };
    const server = await fakeServer(able({ salt: false, continuous: false, tokenIds: false }), lean);
    const identity = await identifyEndpoint(access(server.url));
    expect(identity.engine).toEqual({ name: 'unknown', version: null });
    const said = identity.warnings.join('\n');
    for (const word of [
      'not vLLM',
      '/version',
      '/metrics',
      'max_model_len',
      'n_first_unknown',
      'cache_salt',
    ]) {
      expect(said).toContain(word);
    }
  });

  test('another engine is named by its metrics', async () => {
    const server = await fakeServer(able({}), { ...pages, '/metrics': 'sglang:num_running_reqs 0\n' });
    const identity = await identifyEndpoint(access(server.url));
    expect(identity.engine.name).toBe('sglang');
    expect(identity.features.metrics).toBe(true);
  });
});

test('a page that is refused to us alone is a page that is not there', async () => {
  const server = await fakeServer(able({}), { ...pages, '/metrics': 403 });
  const identity = await identifyEndpoint(access(server.url));
  expect(identity.features.metrics).toBe(false);
  expect(identity.engine.name).toBe('vllm');
});

test('a server that never comes to say how it was started is known by its other pages', async () => {
  const server = await fakeServer(able({}), { ...pages, '/server_info?config_format=json': 0 });
  const identity = await identifyEndpoint(access(server.url));
  expect(identity).toMatchObject({ engine: { name: 'vllm', version: '0.32.0' }, cache_reset: null });
});

describe('an endpoint that cannot be used', () => {
  test('unreachable: exit 3 and the URL', async () => {
    const error = await refusal(identifyEndpoint(access('http://127.0.0.1:9')));
    expect(error).toMatchObject({ exitCode: 3, where: 'http://127.0.0.1:9/v1/models' });
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('a model that is not served: exit 2, and what is', async () => {
    const server = await fakeServer(able({}), pages);
    const error = await refusal(identifyEndpoint(access(server.url, 'other')));
    expect(error).toMatchObject({ exitCode: 2, mend: 'Served: org/model, adapter.' });
  });

  test('no vLLM at all: exit 3', async () => {
    const server = await fakeServer(able({}), { '/v1/models': '<html></html>' });
    expect(await refusal(identifyEndpoint(access(server.url)))).toMatchObject({ exitCode: 3 });
    expect(await refusal(identifyEndpoint(access((await fakeServer(able({}))).url)))).toMatchObject({
      exitCode: 3,
    });
  });

  test('no completion: exit 3 and what the server said', async () => {
    const server = await fakeServer((_, response) => reject(response, 'no such engine'), pages);
    const error = await refusal(identifyEndpoint(access(server.url)));
    expect(error).toMatchObject({ exitCode: 3 });
    expect(error.message).toContain('no such engine');
  });

  test.each([
    [null, null, 'api_key_env in the lab file'],
    ['LAB_KEY', null, 'LAB_KEY (api_key_env) is not set'],
    ['LAB_KEY', 'wrong', 'comes from the environment variable LAB_KEY'],
  ])('a refused key (%s, %s): exit 3 and its variable, never the key', async (apiKeyEnv, apiKey, mend) => {
    const refusing = await fakeServer((_, response) => response.writeHead(401).end(), pages);
    const error = await refusal(identifyEndpoint({ url: refusing.url, model: null, apiKeyEnv, apiKey }));
    expect(error).toMatchObject({ exitCode: 3 });
    expect(error.mend).toContain(mend);
    expect(error.toLines().join()).not.toContain('wrong');
  });
});
