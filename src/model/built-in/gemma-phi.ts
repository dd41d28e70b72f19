import { type BuiltInConfig, decoder } from './decoder.ts';

const GEMMA = { head_dim: 256, tie_word_embeddings: true, max_position_embeddings: 8192 };
const GEMMA_2 = { ...GEMMA, sliding_window: 4096 };
const PHI_4K = { sliding_window: 2047, max_position_embeddings: 4096 };

/** Small models of Google and Microsoft. Every other layer of Gemma 2 has a window, every one of Phi-3's 4k models. */
export const GEMMA_PHI: Readonly<Record<string, BuiltInConfig>> = {
  'codegemma-1.1-2b': decoder('gemma', [18, 2048, 16_384, 8, 1, 256_000], GEMMA),
  'codegemma-7b': decoder('gemma', [28, 3072, 24_576, 16, 16, 256_000], GEMMA),
  'gemma-2-2b': decoder('gemma2', [26, 2304, 9216, 8, 4, 256_000], GEMMA_2),
  'gemma-2-9b': decoder('gemma2', [42, 3584, 14_336, 16, 8, 256_000], GEMMA_2),
  'gemma-2-27b': decoder('gemma2', [46, 4608, 36_864, 32, 16, 256_000], { ...GEMMA_2, head_dim: 128 }),
  'phi-3-mini-4k': decoder('phi3', [32, 3072, 8192, 32, 32, 32_064], PHI_4K),
  'phi-3-medium-4k': decoder('phi3', [40, 5120, 17_920, 40, 10, 32_064], PHI_4K),
  // Half of its layers are block-sparse, which the card does not know: their attention is over-counted.
  'phi-3-small-8k': decoder('phi3small', [32, 4096, 14_336, 32, 8, 100_352], {
    tie_word_embeddings: true,
    max_position_embeddings: 8192,
  }),
};
