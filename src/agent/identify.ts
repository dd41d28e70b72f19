import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { identifyEndpoint } from '../endpoint/identify.ts';
import type { EndpointIdentity } from '../endpoint/identity.ts';
import { askEndpoint, type EndpointAccess, jsonOf } from '../endpoint/questions.ts';
import type { RunTarget } from '../run/schema.ts';
import { type AgentTarget, type Identity, identitySchema } from './protocol.ts';

type Setting = RunTarget['settings']['block_size'];

const fromServer = (value: number | null): Setting =>
  value === null ? { value, source: 'unknown' } : { value, source: 'server' };

export const accessOf = (target: AgentTarget): EndpointAccess => ({
  url: target.url,
  apiKey: target.api_key,
  apiKeyEnv: target.api_key_env,
});

/**
 * What the endpoint is, with what only the agent's host can see beside it: the served root's config.json.
 * @throws RidgeError when the endpoint does not answer, refuses the key or does not serve the model
 */
export async function identify(
  target: AgentTarget,
): Promise<{ identity: Identity; endpoint: EndpointIdentity }> {
  const access = accessOf(target);
  const endpoint = await identifyEndpoint({ ...access, model: target.model, api: target.api });
  const simulated = endpoint.simulator === null ? null : await askSimulator(access);
  const identity: Identity = {
    engine: endpoint.engine,
    model: endpoint.model,
    settings: {
      max_num_batched_tokens: fromServer(
        simulated?.max_num_batched_tokens ?? endpoint.max_num_batched_tokens,
      ),
      max_num_seqs: fromServer(simulated?.max_num_seqs ?? endpoint.max_num_seqs),
      kv_capacity_tokens: fromServer(endpoint.kv_capacity_tokens),
      block_size: fromServer(endpoint.block_size),
      kv_cache_dtype: endpoint.kv_cache_dtype,
      prefix_caching: endpoint.prefix_caching,
    },
    ...(endpoint.graph_sizes && { graph_sizes: [...endpoint.graph_sizes] }),
    ...(endpoint.proposer && { proposer: { ...endpoint.proposer, source: 'server' as const } }),
    features: endpoint.features,
    simulator: endpoint.simulator,
    warnings: [...endpoint.warnings],
    model_config: simulated ? null : await readServedConfig(endpoint.model.root),
    simulated: simulated && {
      accelerator: simulated.accelerator,
      tensor_parallel: simulated.tensor_parallel,
    },
  };
  return { identity, endpoint };
}

/** A served root is a path on the server's host or the name of a model; only a path has a file to read. */
async function readServedConfig(root: string | null): Promise<unknown> {
  if (root === null || !root.startsWith('/')) return null;
  try {
    return JSON.parse(await readFile(join(root, 'config.json'), 'utf8'));
  } catch {
    return null;
  }
}

const simulatedSchema = identitySchema.shape.simulated.unwrap().extend({
  max_num_batched_tokens: z.int().nullable().default(null),
  max_num_seqs: z.int().nullable().default(null),
});

/** The built-in simulated endpoint says what it simulates; null when it says nothing that fits. */
async function askSimulator(access: EndpointAccess): Promise<z.infer<typeof simulatedSchema> | null> {
  const answer = await askEndpoint(access, '/ridge/simulator');
  const parsed = simulatedSchema.safeParse(jsonOf(answer));
  return parsed.success ? parsed.data : null;
}
