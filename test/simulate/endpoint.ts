import { onTestFinished } from 'vitest';
import { type EndpointOptions, type SimulatedEndpoint, startEndpoint } from '../../src/simulate/server.ts';
import { card, device } from './factory.ts';

/** A simulated endpoint on any free port, a hundred times as fast as real, closed when the test ends. */
export async function endpoint(options: Partial<EndpointOptions> = {}): Promise<SimulatedEndpoint> {
  const started = await startEndpoint({ device: device({ timeScale: 0.01 }), ...options });
  onTestFinished(() => started.close());
  return started;
}

export const body = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  model: card.id,
  prompt: [11, 12, 13, 14, 15],
  stream: true,
  stream_options: { include_usage: true, continuous_usage_stats: true },
  max_tokens: 6,
  min_tokens: 6,
  ignore_eos: true,
  return_token_ids: true,
  cache_salt: 'aa',
  ...more,
});

export const post = (
  { url }: SimulatedEndpoint,
  json: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> =>
  fetch(`${url}/v1/completions`, {
    method: 'POST',
    body: typeof json === 'string' ? json : JSON.stringify(json),
    headers: { 'content-type': 'application/json', ...headers },
    signal: signal ?? null,
  });

/** A chunk of a completion, as far as tests look at it. */
export interface Chunk {
  readonly choices: readonly {
    readonly text: string;
    readonly finish_reason: string | null;
    readonly prompt_token_ids: readonly number[] | null;
    readonly token_ids: readonly number[] | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
  readonly error?: { readonly message: string; readonly code: number };
}

/** The data of every event in a stream's text. */
export const dataOf = (text: string): string[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''));

/** Events of a stream up to [DONE], parsed. */
export const chunksOf = (text: string): Chunk[] =>
  dataOf(text)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Chunk);
