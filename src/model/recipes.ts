import type { QuantisationConfig } from './config-schema.ts';

/**
 * What published checkpoints of a precision keep in bf16, as the `quantization_config` that says so. Everything else
 * that multiplies is quantised; routers, embedding and output projection never are.
 */
export const FP8_WEIGHTS: QuantisationConfig = {
  quant_method: 'fp8',
  activation_scheme: 'dynamic',
  modules_to_not_convert: ['lm_head'],
};

const ATTENTION = ['*self_attn*'];
/** NVIDIA's second DeepSeek checkpoints quantise the attention's output projection as well, and nothing else of it. */
const ATTENTION_BUT_OUTPUT = ['*self_attn.q_*', '*self_attn.kv_*'];

function nvfp4Keeps(base: string, revision: string | null): readonly string[] {
  if (base.startsWith('deepseek-')) return revision === 'v2' ? ATTENTION_BUT_OUTPUT : ATTENTION;
  // NVIDIA's MiniMax-M2.5-NVFP4 is an experts-only recipe; its Llama checkpoints quantise every linear layer.
  return base === 'minimax-m2.5' ? ATTENTION : [];
}

/** NVFP4 as NVIDIA Model Optimizer writes it: weights and activations in four bits. */
export const nvfp4Weights = (base: string, revision: string | null): QuantisationConfig => ({
  quant_method: 'modelopt',
  quant_algo: 'NVFP4',
  ignore: ['lm_head', ...nvfp4Keeps(base, revision)],
});

/** MXFP4 as AMD Quark writes it: weights and activations in four bits; DeepSeek keeps its attention. */
export const mxfp4Weights = (base: string): QuantisationConfig => ({
  quant_method: 'quark',
  global_quant_config: { weight: { dtype: 'fp4' }, input_tensors: { dtype: 'fp4' } },
  exclude: ['lm_head', ...(base.startsWith('deepseek-') ? ATTENTION : [])],
});
