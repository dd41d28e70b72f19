import type { LiveTarget, RunTarget } from '../run/schema.ts';
import type { Proposer } from '../run/served-schema.ts';

/** What the endpoint was seen to support. */
export type EndpointFeatures = LiveTarget['features'];

/** What an endpoint says and shows about itself. Null: it does not expose it. */
export interface EndpointIdentity {
  readonly engine: RunTarget['engine'];
  readonly model: RunTarget['model'];
  readonly kv_capacity_tokens: number | null;
  readonly block_size: number | null;
  readonly kv_cache_dtype: string | null;
  readonly prefix_caching: boolean | null;
  readonly max_num_seqs: number | null;
  readonly max_num_batched_tokens: number | null;
  /** Batch sizes that CUDA graphs were captured for; absent: it does not say. */
  readonly graph_sizes?: readonly number[];
  /** How it proposes tokens; absent: it does not, or does not say. */
  readonly proposer?: Proposer;
  readonly features: EndpointFeatures;
  /** Where its metrics are; null: it shows none that are known. */
  readonly metrics_path: string | null;
  /** POST there empties the prefix cache; null: there is no such way. */
  readonly cache_reset: string | null;
  readonly simulator: RunTarget['simulator'];
  /** What the endpoint lacks and what follows from it, one sentence each. */
  readonly warnings: readonly string[];
}
