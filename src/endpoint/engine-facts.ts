import { z } from 'zod';
import type { Proposer } from '../run/served-schema.ts';
import type { MetricDialect } from './metric-names.ts';
import { dialectOf } from './metrics-snapshot.ts';
import { type EndpointAccess, optionalPage, parseJson } from './questions.ts';
import type { ServedModel } from './served-model.ts';

/** What an engine's own pages say. Null: they do not. */
export interface EngineFacts {
  readonly name: string;
  readonly version: string | null;
  readonly max_num_seqs: number | null;
  readonly max_num_batched_tokens: number | null;
  readonly kv_capacity_tokens: number | null;
  readonly max_length_tokens: number | null;
  /** Batch sizes that CUDA graphs were captured for; empty: none were. */
  readonly graph_sizes?: readonly number[] | null;
  /** How it proposes tokens; absent: it does not, or does not say. */
  readonly proposer?: Proposer | null;
  /** POST there empties the prefix cache; null: there is no such way. */
  readonly cache_reset: string | null;
}

const count = z.int().positive().nullish();
const sizes = z.array(z.int().positive()).nullish();
const version = z.object({ version: z.string() });

const sglangSchema = z.object({
  version: z.string().nullish(),
  max_running_requests: count,
  chunked_prefill_size: z.int().nullish(),
  max_total_num_tokens: count,
  cuda_graph_bs: sizes,
  disable_cuda_graph: z.boolean().nullish(),
  speculative_algorithm: z.string().nullish(),
  speculative_draft_model_path: z.string().nullish(),
  speculative_num_steps: count,
  speculative_eagle_topk: count,
});
const propsSchema = z.object({
  build_info: z.string().nullish(),
  total_slots: count,
  default_generation_settings: z.object({ n_ctx: count }).nullish(),
});
const vllmInfoSchema = z.object({
  vllm_config: z.object({
    scheduler_config: z.object({ max_num_seqs: count, max_num_batched_tokens: count }).nullish(),
    compilation_config: z.object({ cudagraph_capture_sizes: sizes }).nullish().catch(null),
    speculative_config: z
      .object({ method: z.string().nullish(), model: z.string().nullish(), num_speculative_tokens: count })
      .nullish()
      .catch(null),
  }),
});

/**
 * Finds out which engine answers, by its metrics, its own pages and the owner that it names, and reads what it says of
 * its settings.
 * @param dialect of the metrics that it shows, null without any
 */
export async function engineFacts(
  access: EndpointAccess,
  model: ServedModel,
  dialect: MetricDialect | null,
): Promise<EngineFacts> {
  const byMetrics = dialect?.engine ?? null;
  if (byMetrics === 'sglang' || (byMetrics === null && model.owned_by === 'sglang')) return sglang(access);
  if (byMetrics === 'llama-server' || (byMetrics === null && model.owned_by === 'llamacpp'))
    return llamaServer(access);
  const own = version.safeParse(parseJson(await optionalPage(access, '/version')));
  const said = own.success ? own.data.version : null;
  if (byMetrics === 'vllm' || (byMetrics === null && model.owned_by === 'vllm')) return vllm(access, said);
  return { ...NOTHING, name: byMetrics ?? ownerName(model, said), version: said };
}

const NOTHING = {
  max_num_seqs: null,
  max_num_batched_tokens: null,
  kv_capacity_tokens: null,
  max_length_tokens: null,
  cache_reset: null,
};

const ownerName = ({ owned_by }: ServedModel, said: string | null): string => {
  if (owned_by === 'tensorrt_llm') return 'tensorrt-llm';
  return owned_by ?? (said === null ? 'unknown' : 'vllm');
};

async function sglang(access: EndpointAccess): Promise<EngineFacts> {
  const parsed = sglangSchema.safeParse(parseJson(await optionalPage(access, '/get_server_info')));
  const info = parsed.success ? parsed.data : {};
  const chunk = info.chunked_prefill_size ?? 0;
  return {
    ...NOTHING,
    name: 'sglang',
    version: info.version ?? null,
    max_num_seqs: info.max_running_requests ?? null,
    // -1 turns chunks off.
    max_num_batched_tokens: chunk > 0 ? chunk : null,
    kv_capacity_tokens: info.max_total_num_tokens ?? null,
    graph_sizes: info.disable_cuda_graph ? [] : (info.cuda_graph_bs ?? null),
    proposer: sglangProposer(info),
    cache_reset: parsed.success ? '/flush_cache' : null,
  };
}

/** A tree of proposals has no number of tokens in a row. */
function sglangProposer(info: z.infer<typeof sglangSchema>): Proposer | null {
  const { speculative_algorithm: algorithm, speculative_eagle_topk: branches } = info;
  if (algorithm == null) return null;
  return {
    method: algorithm.toLowerCase(),
    model: info.speculative_draft_model_path ?? null,
    draft_tokens: (branches ?? 1) > 1 ? null : (info.speculative_num_steps ?? null),
  };
}

async function llamaServer(access: EndpointAccess): Promise<EngineFacts> {
  const parsed = propsSchema.safeParse(parseJson(await optionalPage(access, '/props')));
  const props = parsed.success ? parsed.data : {};
  return {
    ...NOTHING,
    name: 'llama-server',
    version: props.build_info ?? null,
    max_num_seqs: props.total_slots ?? null,
    max_length_tokens: props.default_generation_settings?.n_ctx ?? null,
  };
}

/** Asked for the first time, vLLM looks through its host's packages and devices for this page: half a minute on a busy one. */
const SERVER_INFO_PATIENCE_MS = 90_000;

/** In its development mode vLLM says how it was started, and can forget its prefix cache. */
async function vllm(access: EndpointAccess, said: string | null): Promise<EngineFacts> {
  // Not needed, so that a server which never comes to it is none the worse.
  const page = await optionalPage(access, '/server_info?config_format=json', {
    timeoutMs: SERVER_INFO_PATIENCE_MS,
  }).catch(() => null);
  const parsed = vllmInfoSchema.safeParse(parseJson(page));
  const scheduler = parsed.success ? parsed.data.vllm_config.scheduler_config : null;
  const proposing = parsed.success ? parsed.data.vllm_config.speculative_config : null;
  return {
    ...NOTHING,
    name: 'vllm',
    version: said,
    max_num_seqs: scheduler?.max_num_seqs ?? null,
    max_num_batched_tokens: scheduler?.max_num_batched_tokens ?? null,
    graph_sizes: parsed.success
      ? (parsed.data.vllm_config.compilation_config?.cudagraph_capture_sizes ?? null)
      : null,
    proposer: proposing
      ? {
          method: proposing.method ?? null,
          // Without a draft model vLLM names the method in its place.
          model: proposing.model === proposing.method ? null : (proposing.model ?? null),
          draft_tokens: proposing.num_speculative_tokens ?? null,
        }
      : null,
    cache_reset: page === null ? null : '/reset_prefix_cache',
  };
}

/** Metrics that the endpoint shows, and where; null where it shows none that are known. */
export async function findMetrics(
  access: EndpointAccess,
): Promise<{ readonly path: string; readonly text: string; readonly dialect: MetricDialect } | null> {
  for (const path of ['/metrics', '/prometheus/metrics']) {
    const text = await optionalPage(access, path);
    const dialect = text === null ? null : dialectOf(text);
    if (text !== null && dialect !== null) return { path, text, dialect };
  }
  return null;
}
