import { type BuiltInConfig, decoder } from './decoder.ts';

const COMMON = { head_dim: 128, max_position_embeddings: 40_960 };
const EXPERTS = { ...COMMON, num_experts: 128, num_experts_per_tok: 8, decoder_sparse_step: 1 };

/** Qwen 3; every layer of the A3B and A22B models has experts, so their dense width is never used. */
export const QWEN: Readonly<Record<string, BuiltInConfig>> = {
  'qwen3-32b': decoder('qwen3', [64, 5120, 25_600, 64, 8, 151_936], COMMON),
  'qwen3-30b-a3b': decoder('qwen3_moe', [48, 2048, 6144, 32, 4, 151_936], {
    ...EXPERTS,
    moe_intermediate_size: 768,
  }),
  'qwen3-235b-a22b': decoder('qwen3_moe', [94, 4096, 12_288, 64, 4, 151_936], {
    ...EXPERTS,
    moe_intermediate_size: 1536,
  }),
};
