import type { ServerState } from '../server-state.ts';

/** The version whose interface is imitated; each restart is one patch newer. */
export const versionOf = ({ restarts }: ServerState): string => `0.32.${restarts}+simulated`;

/** What the engine that is posed as says about itself, by path; vLLM's `/server_info` only in its development mode. */
export function posePages(state: ServerState): Readonly<Record<string, unknown>> {
  const { device, pose } = state;
  const { maxNumSeqs, maxNumBatchedTokens, kvCapacityTokens, tensorParallel, speculation } = device.settings;
  const { draft } = device.card;
  switch (pose.engine) {
    case 'sglang':
      return {
        '/get_model_info': { model_path: device.card.id, is_generation: true },
        '/get_server_info': {
          version: versionOf(state),
          model_path: device.card.id,
          tp_size: tensorParallel,
          max_running_requests: maxNumSeqs,
          chunked_prefill_size: maxNumBatchedTokens,
          max_total_num_tokens: kvCapacityTokens,
          page_size: device.blockSize,
          disable_radix_cache: false,
          disable_cuda_graph: true,
          ...(speculation && {
            speculative_algorithm: draft ? 'STANDALONE' : 'NGRAM',
            speculative_draft_model_path: draft?.id ?? null,
            speculative_num_steps: speculation.draftTokens,
            speculative_eagle_topk: 1,
          }),
        },
      };
    case 'tensorrt-llm':
      return {
        '/version': { version: versionOf(state) },
        '/metrics': [{ iter: 1, numActiveRequests: state.live.loop.engine.running }],
      };
    case 'llama-server':
      return {
        '/props': {
          default_generation_settings: { n_ctx: Math.floor(kvCapacityTokens / maxNumSeqs) },
          total_slots: maxNumSeqs,
          model_path: `/models/${device.card.id}.gguf`,
          build_info: `b${versionOf(state)}`,
        },
      };
    default:
      return {
        '/version': { version: versionOf(state) },
        ...(state.devMode && {
          '/server_info': {
            vllm_config: {
              scheduler_config: { max_num_seqs: maxNumSeqs, max_num_batched_tokens: maxNumBatchedTokens },
              parallel_config: { tensor_parallel_size: tensorParallel },
              compilation_config: { cudagraph_capture_sizes: [] },
              speculative_config: speculation
                ? {
                    method: draft ? 'draft_model' : 'ngram',
                    model: draft?.id ?? null,
                    num_speculative_tokens: speculation.draftTokens,
                  }
                : null,
            },
          },
        }),
      };
  }
}
