import type { RequestSpec } from '../load/port.ts';
import { type Api, promptField } from './api.ts';
import type { EndpointFeatures } from './identity.ts';
import { freshSalt, type Prompt } from './prompts.ts';

export interface BodyOptions {
  readonly model: string;
  readonly features: EndpointFeatures;
  /** Default: completions. */
  readonly api?: Api | undefined;
  readonly temperature: number;
  /** The same for all requests, which then share the prefix cache; default: a fresh one each. */
  readonly cacheSalt?: string | undefined;
  /** Seeds the server's sampling when the temperature is above 0; each request gets its own. */
  readonly seed: number;
}

/**
 * Body of a streamed completion of exact length: token ids in, `min_tokens = max_tokens`, usage in the stream, a fresh
 * salt. Token ids come back only where the server does not count tokens in every chunk: they make the stream longer.
 */
export function completionBody(spec: RequestSpec, prompt: Prompt, options: BodyOptions): string {
  const { features, temperature } = options;
  const rest = {
    model: options.model,
    stream: true,
    stream_options: {
      include_usage: true,
      ...(features.continuous_usage ? { continuous_usage_stats: true } : {}),
    },
    max_tokens: spec.outputTokens,
    min_tokens: spec.outputTokens,
    ignore_eos: true,
    stop: null,
    temperature,
    ...(temperature > 0 ? { seed: (options.seed + spec.sequence) % 2 ** 31 } : {}),
    ...(features.return_token_ids && !features.continuous_usage ? { return_token_ids: true } : {}),
    ...(features.cache_salt ? { cache_salt: options.cacheSalt ?? freshSalt() } : {}),
  };
  return `{${promptField(options.api ?? 'completions', prompt)},${JSON.stringify(rest).slice(1)}`;
}
