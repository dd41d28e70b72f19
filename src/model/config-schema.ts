import { z } from 'zod';

const count = z.int().min(0).nullish();

const quarkTensor = z.looseObject({ dtype: z.string().nullish() });

/** `quantization_config` of a checkpoint, as fp8, mxfp4, AWQ, GPTQ, compressed-tensors, ModelOpt and Quark write it. */
export const quantisationSchema = z.looseObject({
  quant_method: z.string().nullish(),
  quant_algo: z.string().nullish(),
  activation_scheme: z.string().nullish(),
  bits: z.number().nullish(),
  w_bit: z.number().nullish(),
  group_size: z.number().nullish(),
  lm_head: z.boolean().nullish(),
  modules_to_not_convert: z.array(z.string()).nullish(),
  ignore: z.array(z.string()).nullish(),
  exclude_modules: z.array(z.string()).nullish(),
  exclude: z.array(z.string()).nullish(),
  global_quant_config: z
    .looseObject({ weight: quarkTensor.nullish(), input_tensors: quarkTensor.nullish() })
    .nullish(),
  layer_quant_config: z.record(z.string(), z.unknown()).nullish(),
  kv_cache_scheme: z.looseObject({ num_bits: z.number().nullish() }).nullish(),
  config_groups: z
    .record(
      z.string(),
      z.looseObject({
        weights: z
          .looseObject({
            num_bits: z.number().nullish(),
            type: z.string().nullish(),
            group_size: z.number().nullish(),
          })
          .nullish(),
        input_activations: z.looseObject({ num_bits: z.number().nullish() }).nullish(),
      }),
    )
    .nullish(),
});

/** The part of a Hugging Face `config.json` that decides work, bytes and KV of a step. */
export const modelConfigSchema = z.looseObject({
  model_type: z.string().nullish(),
  num_hidden_layers: z.int().min(1),
  hidden_size: z.int().min(1),
  vocab_size: z.int().min(1),
  num_attention_heads: z.int().min(1),
  num_key_value_heads: count,
  head_dim: count,
  intermediate_size: count,
  max_position_embeddings: count,
  tie_word_embeddings: z.boolean().nullish(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
  // Experts
  num_local_experts: count,
  num_experts: count,
  n_routed_experts: count,
  num_experts_per_tok: count,
  experts_per_token: count,
  moe_intermediate_size: count,
  n_shared_experts: count,
  shared_expert_intermediate_size: count,
  shared_intermediate_size: count,
  first_k_dense_replace: count,
  moe_layer_freq: z.union([z.int(), z.array(z.int())]).nullish(),
  decoder_sparse_step: count,
  mlp_only_layers: z.array(z.int()).nullish(),
  // Latent attention
  kv_lora_rank: count,
  q_lora_rank: count,
  qk_nope_head_dim: count,
  qk_rope_head_dim: count,
  v_head_dim: count,
  // Windows
  sliding_window: count,
  use_sliding_window: z.boolean().nullish(),
  sliding_window_pattern: count,
  max_window_layers: count,
  layer_types: z.array(z.string()).nullish(),
  quantization_config: quantisationSchema.nullish(),
});

/** Older families' names of the same keys. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
  num_heads: 'num_attention_heads',
  n_embd: 'hidden_size',
  n_embed: 'hidden_size',
  n_inner: 'intermediate_size',
};

/** The config with the keys of GPT-2 and BLOOM under their common names; a common name that is there stays. */
export function withCommonKeys(config: object): object {
  const renamed = Object.entries(config).flatMap(([key, value]) => {
    const common = Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key]! : null;
    return common === null ? [] : [[common, value] as const];
  });
  return { ...Object.fromEntries(renamed), ...config };
}

export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type QuantisationConfig = z.infer<typeof quantisationSchema>;
