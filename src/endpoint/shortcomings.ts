import type { Api } from './api.ts';
import type { DetectedFeatures } from './detect-features.ts';
import type { EngineFacts } from './engine-facts.ts';
import type { EndpointFeatures } from './identity.ts';

/** What an endpoint was seen to have. */
export interface Seen {
  readonly facts: EngineFacts;
  readonly max_length_tokens: number | null;
  /** What its metrics do not show; null: it has none that are known. */
  readonly metricsLack: readonly string[] | null;
  readonly api: Api;
  readonly features: EndpointFeatures;
  readonly detected: DetectedFeatures;
}

/** What the endpoint lacks and what follows from it, one sentence each. */
export function shortcomings({
  facts,
  max_length_tokens,
  metricsLack,
  api,
  features,
  detected,
}: Seen): readonly string[] {
  const counted = features.continuous_usage || features.return_token_ids;
  const defended = features.cache_salt || facts.cache_reset !== null;
  const checks: readonly (readonly [boolean, string])[] = [
    [facts.name !== 'vllm', `the engine is not vLLM (${facts.name}): only what it has in common is measured`],
    [facts.version === null, 'no /version: a change of the engine cannot be noticed'],
    [
      metricsLack === null,
      'no known metrics at /metrics: token counts, prefix hits, preemption and KV use are not checked against the server',
    ],
    [metricsLack !== null && metricsLack.length > 0, `metrics of ${facts.name}: ${metricsLack?.join('; ')}`],
    [max_length_tokens === null, 'no max_model_len: cells that are too long fail instead of being refused'],
    [
      !features.token_id_prompts && api === 'completions',
      'prompts as token ids are not accepted: input lengths cannot be exact',
    ],
    [
      api === 'chat',
      "api: chat: prompts are text, as long as the server's /tokenize counts them with the template; where it does not, input_length_off says so",
    ],
    [
      !detected.usage,
      'streams carry no token usage although stream_options.include_usage asks for it: lengths cannot be checked, and every request will count as failed',
    ],
    [
      detected.usage && !detected.exact_lengths,
      'min_tokens and ignore_eos are not obeyed: output lengths cannot be exact',
    ],
    [
      detected.usage && !counted,
      'tokens are not counted in every chunk: the first chunk is assumed to hold one (n_first_unknown)',
    ],
    [
      !features.cache_salt && defended,
      `cache_salt is not understood: fresh prompts and ${facts.cache_reset} before each cell keep the prefix cache out`,
    ],
    [!defended, 'cache_salt is not understood: only fresh prompts keep the prefix cache out'],
  ];
  return checks.filter(([lacks]) => lacks).map(([, text]) => text);
}
