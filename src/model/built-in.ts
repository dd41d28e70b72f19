import type { BuiltInConfig } from './built-in/decoder.ts';
import { DEEPSEEK } from './built-in/deepseek.ts';
import { GEMMA_PHI } from './built-in/gemma-phi.ts';
import { LLAMA } from './built-in/llama.ts';
import { MISTRAL } from './built-in/mistral.ts';
import { OTHERS } from './built-in/others.ts';
import { QWEN } from './built-in/qwen.ts';

/**
 * Architecture constants of common models in the layout of their `config.json`, by short name, in the precision in which
 * the model was released.
 */
export const BUILT_IN_CONFIGS: Readonly<Record<string, BuiltInConfig>> = {
  ...LLAMA,
  ...QWEN,
  ...OTHERS,
  ...DEEPSEEK,
  ...MISTRAL,
  ...GEMMA_PHI,
};
