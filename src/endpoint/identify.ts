import { z } from 'zod';
import type { RunTarget } from '../run/schema.ts';
import type { Api } from './api.ts';
import { detectFeatures } from './detect-features.ts';
import { engineFacts, findMetrics } from './engine-facts.ts';
import type { EndpointIdentity } from './identity.ts';
import { readSnapshot } from './metrics-snapshot.ts';
import { type EndpointAccess, optionalPage, parseJson } from './questions.ts';
import { servedModel } from './served-model.ts';
import { shortcomings } from './shortcomings.ts';

export type { EndpointFeatures, EndpointIdentity } from './identity.ts';

export interface IdentifyOptions extends EndpointAccess {
  /** Served model id; null: the first that the server lists. */
  readonly model: string | null;
  /** Default: completions. */
  readonly api?: Api | undefined;
}

/**
 * Asks an endpoint what it is: engine, model, KV cache, features, each from what it exposes; what it lacks becomes a warning.
 * @throws RidgeError exit 3 when the endpoint fails, exit 2 when it does not serve the model
 */
export async function identifyEndpoint(options: IdentifyOptions): Promise<EndpointIdentity> {
  const model = await servedModel(options, options.model);
  const metrics = await findMetrics(options);
  const facts = await engineFacts(options, model, metrics?.dialect ?? null);
  const detected = await detectFeatures(options, model.id, options.api);
  const snapshot = metrics === null ? null : readSnapshot(metrics.text, 0, 0, metrics.dialect);
  const { exact_lengths: _, usage: __, ...features } = { ...detected, metrics: snapshot !== null };
  const max_length_tokens = model.max_length_tokens ?? facts.max_length_tokens;
  return {
    engine: { name: facts.name, version: facts.version },
    model: { id: model.id, root: model.root, max_length_tokens },
    kv_capacity_tokens: snapshot?.cache?.capacity_tokens ?? facts.kv_capacity_tokens,
    block_size: snapshot?.cache?.block_size ?? null,
    kv_cache_dtype: snapshot?.cache?.dtype ?? null,
    prefix_caching: snapshot?.cache?.prefix_caching ?? null,
    max_num_seqs: facts.max_num_seqs,
    max_num_batched_tokens: facts.max_num_batched_tokens,
    ...(facts.graph_sizes && { graph_sizes: facts.graph_sizes }),
    ...(facts.proposer && { proposer: facts.proposer }),
    features,
    metrics_path: metrics?.path ?? null,
    cache_reset: facts.cache_reset,
    simulator: await simulatorTruth(options),
    warnings: shortcomings({
      facts,
      max_length_tokens,
      metricsLack: metrics?.dialect.lacks ?? null,
      api: options.api ?? 'completions',
      features,
      detected,
    }),
  };
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
