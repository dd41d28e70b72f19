import { type BuiltInConfig, decoder } from './decoder.ts';

const V3 = decoder('deepseek_v3', [61, 7168, 18_432, 128, 128, 129_280], {
  moe_intermediate_size: 2048,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 8,
  first_k_dense_replace: 3,
  kv_lora_rank: 512,
  q_lora_rank: 1536,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  max_position_embeddings: 163_840,
  quantization_config: { quant_method: 'fp8', activation_scheme: 'dynamic' },
});

/** DeepSeek V3 and R1, released in fp8: one architecture, three sets of weights. */
export const DEEPSEEK: Readonly<Record<string, BuiltInConfig>> = {
  'deepseek-v3': V3,
  'deepseek-r1': V3,
  'deepseek-r1-0528': V3,
};
