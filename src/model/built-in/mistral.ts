import { type BuiltInConfig, decoder } from './decoder.ts';

const up = (tokens: number): BuiltInConfig => ({ max_position_embeddings: tokens });
const EXPERTS = { num_local_experts: 8, num_experts_per_tok: 2 };

/** Mistral and Mixtral. Mistral-7B is v0.3: v0.1 has a window, and both earlier ones a smaller vocabulary. */
export const MISTRAL: Readonly<Record<string, BuiltInConfig>> = {
  'mistral-7b-v0.3': decoder('mistral', [32, 4096, 14_336, 32, 8, 32_768], up(32_768)),
  'mistral-nemo': decoder('mistral', [40, 5120, 14_336, 32, 8, 131_072], { ...up(131_072), head_dim: 128 }),
  'mistral-large': decoder('mistral', [88, 12_288, 28_672, 96, 8, 32_768], up(32_768)),
  'mixtral-8x7b': decoder('mixtral', [32, 4096, 14_336, 32, 8, 32_000], { ...EXPERTS, ...up(32_768) }),
  'mixtral-8x22b': decoder('mixtral', [56, 6144, 16_384, 48, 8, 32_768], { ...EXPERTS, ...up(65_536) }),
};
