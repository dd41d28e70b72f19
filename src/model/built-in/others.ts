import { type BuiltInConfig, decoder } from './decoder.ts';

const STARCODER = { tie_word_embeddings: true, sliding_window: 4096, max_position_embeddings: 16_384 };

const OPT = { tie_word_embeddings: true, max_position_embeddings: 2048 };

/** One model or family each of other makers. */
export const OTHERS: Readonly<Record<string, BuiltInConfig>> = {
  'gpt-oss-120b': decoder('gpt_oss', [36, 2880, 2880, 64, 8, 201_088], {
    head_dim: 64,
    num_local_experts: 128,
    num_experts_per_tok: 4,
    sliding_window: 128,
    layer_types: Array.from({ length: 36 }, (_, layer) =>
      layer % 2 === 0 ? 'sliding_attention' : 'full_attention',
    ),
    max_position_embeddings: 131_072,
    quantization_config: {
      quant_method: 'mxfp4',
      modules_to_not_convert: ['model.layers.*.self_attn', 'model.layers.*.mlp.router', 'lm_head'],
    },
  }),
  'minimax-m2.5': decoder('minimax_m2', [62, 3072, 1536, 48, 8, 200_064], {
    head_dim: 128,
    num_local_experts: 256,
    num_experts_per_tok: 8,
    max_position_embeddings: 196_608,
    quantization_config: {
      quant_method: 'fp8',
      activation_scheme: 'dynamic',
      modules_to_not_convert: ['gate', 'e_score_correction_bias', 'lm_head'],
    },
  }),
  // Multi-head KV, a two-matrix MLP four times as wide, and ALiBi, which sets no maximum length.
  bloom: decoder('bloom', [70, 14_336, 57_344, 112, 112, 250_880], { tie_word_embeddings: true }),
  'opt-13b': decoder('opt', [40, 5120, 20_480, 40, 40, 50_272], OPT),
  'opt-66b': decoder('opt', [64, 9216, 36_864, 72, 72, 50_272], OPT),
  'opt-175b': decoder('opt', [96, 12_288, 49_152, 96, 96, 50_272], OPT),
  'starcoder2-3b': decoder('starcoder2', [30, 3072, 12_288, 24, 2, 49_152], STARCODER),
  'starcoder2-7b': decoder('starcoder2', [32, 4608, 18_432, 36, 4, 49_152], STARCODER),
  'starcoder2-15b': decoder('starcoder2', [40, 6144, 24_576, 48, 4, 49_152], {
    ...STARCODER,
    tie_word_embeddings: false,
  }),
  // Random weights for checks of the interface on a CPU.
  'random/small': decoder('llama', [12, 1024, 2816, 16, 4, 8192], {
    head_dim: 64,
    tie_word_embeddings: true,
    max_position_embeddings: 32_768,
  }),
  'random/tiny': decoder('llama', [4, 256, 768, 4, 2, 4096], {
    head_dim: 64,
    tie_word_embeddings: true,
    max_position_embeddings: 32_768,
  }),
};
