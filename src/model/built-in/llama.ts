import { type BuiltInConfig, decoder } from './decoder.ts';

const up = (tokens: number): BuiltInConfig => ({ max_position_embeddings: tokens });
const LLAMA_3_8B = [32, 4096, 14_336, 32, 8, 128_256] as const;
const LLAMA_3_70B = [80, 8192, 28_672, 64, 8, 128_256] as const;

/** Llama 2, 3, 3.1 and 3.3, and CodeLlama (its 7B, 13B and 70B have 16 tokens more than Llama 2). */
export const LLAMA: Readonly<Record<string, BuiltInConfig>> = {
  'llama-3.1-8b': decoder('llama', LLAMA_3_8B, up(131_072)),
  'llama-3-8b': decoder('llama', LLAMA_3_8B, up(8192)),
  'llama-3.1-70b': decoder('llama', LLAMA_3_70B, up(131_072)),
  'llama-3.3-70b': decoder('llama', LLAMA_3_70B, up(131_072)),
  'llama-3-70b': decoder('llama', LLAMA_3_70B, up(8192)),
  'llama-3.1-405b': decoder('llama', [126, 16_384, 53_248, 128, 8, 128_256], up(131_072)),
  'llama-2-70b': decoder('llama', [80, 8192, 28_672, 64, 8, 32_000], up(4096)),
  'codellama-7b': decoder('llama', [32, 4096, 11_008, 32, 32, 32_016], up(16_384)),
  'codellama-13b': decoder('llama', [40, 5120, 13_824, 40, 40, 32_016], up(16_384)),
  'codellama-34b': decoder('llama', [48, 8192, 22_016, 64, 8, 32_000], up(16_384)),
  'codellama-70b': decoder('llama', [80, 8192, 28_672, 64, 8, 32_016]),
};
