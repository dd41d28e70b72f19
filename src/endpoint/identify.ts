import { z } from 'zod';
import type { RunTarget } from '../run/schema.ts';
import { type DetectedFeatures, detectFeatures } from './detect-features.ts';
import type { EndpointFeatures, EndpointIdentity } from './identity.ts';
import { hasVllmMetrics, type MetricsSnapshot, readSnapshot } from './metrics-snapshot.ts';
import { type EndpointAccess, optionalPage, parseJson } from './questions.ts';
import { type ServedModel, servedModel } from './served-model.ts';

export type { EndpointFeatures, EndpointIdentity } from './identity.ts';

export interface IdentifyOptions extends EndpointAccess {
  /** Served model id; null: the first that the server lists. */
  readonly model: string | null;
}

/**
 * Asks an endpoint what it is: engine, model, KV cache, features, each from what it exposes; what it lacks becomes a warning.
 * @throws RidgeError exit 3 when the endpoint fails, exit 2 when it does not serve the model
 */
export async function identifyEndpoint(options: IdentifyOptions): Promise<EndpointIdentity> {
  const model = await servedModel(options, options.model);
  const version = await engineVersion(options);
  const metrics = (await optionalPage(options, '/metrics')) ?? '';
  const detected = await detectFeatures(options, model.id);
  const snapshot = hasVllmMetrics(metrics) ? readSnapshot(metrics, 0, 0) : null;
  const engine = { name: engineName(metrics, model, version), version };
  const { exact_lengths: _, usage: __, ...features } = { ...detected, metrics: snapshot !== null };
  return {
    engine,
    model: { id: model.id, root: model.root, max_length_tokens: model.max_length_tokens },
    kv_capacity_tokens: snapshot?.cache?.capacity_tokens ?? null,
    block_size: snapshot?.cache?.block_size ?? null,
    kv_cache_dtype: snapshot?.cache?.dtype ?? null,
    prefix_caching: snapshot?.cache?.prefix_caching ?? null,
    features,
    simulator: await simulatorTruth(options),
    warnings: warnings(engine, model, snapshot, features, detected),
  };
}

/** `/version` of vLLM; null where there is none. */
async function engineVersion(access: EndpointAccess): Promise<string | null> {
  const page = await optionalPage(access, '/version');
  const parsed = z.object({ version: z.string() }).safeParse(parseJson(page));
  return parsed.success ? parsed.data.version : null;
}

/** Prefixes by which engines name their metrics. */
const METRIC_PREFIXES = [
  ['vllm', 'vllm:'],
  ['sglang', 'sglang:'],
  ['llama-server', 'llamacpp:'],
  ['tgi', 'tgi_'],
  ['tensorrt-llm', 'trtllm_'],
] as const;

function engineName(metrics: string, model: ServedModel, version: string | null): string {
  const byMetrics = METRIC_PREFIXES.find(
    ([, prefix]) => metrics.includes(`\n${prefix}`) || metrics.startsWith(prefix),
  );
  if (byMetrics) return byMetrics[0];
  if (model.owned_by === 'vllm') return 'vllm';
  return model.owned_by ?? (version === null ? 'unknown' : 'vllm');
}

const simulatorSchema = z.object({
  parameters: z.record(z.string(), z.number()),
  effects: z.array(z.string()),
  seed: z.int(),
});

/** What the built-in simulated endpoint says it is made of; null for a real server. */
async function simulatorTruth(access: EndpointAccess): Promise<RunTarget['simulator']> {
  const parsed = simulatorSchema.safeParse(parseJson(await optionalPage(access, '/ridge/simulator')));
  return parsed.success ? parsed.data : null;
}

function warnings(
  engine: RunTarget['engine'],
  model: ServedModel,
  snapshot: MetricsSnapshot | null,
  features: EndpointFeatures,
  detected: DetectedFeatures,
): string[] {
  const counted = features.continuous_usage || features.return_token_ids;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      engine.name !== 'vllm',
      `the engine is not vLLM (${engine.name}): only what it has in common is measured`,
    ],
    [engine.version === null, 'no /version: a change of the engine cannot be noticed'],
    [
      snapshot === null,
      'no vLLM metrics at /metrics: token counts, prefix hits, preemption and KV use are not checked against the server',
    ],
    [
      model.max_length_tokens === null,
      'no max_model_len: cells that are too long fail instead of being refused',
    ],
    [!features.token_id_prompts, 'prompts as token ids are not accepted: input lengths cannot be exact'],
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
    [!features.cache_salt, 'cache_salt is not understood: only fresh prompts keep the prefix cache out'],
  ];
  return checks.filter(([lacks]) => lacks).map(([, text]) => text);
}
