import type { EngineChoice } from '../../../src/fit/dataset.ts';
import { inferredChoice } from '../../../src/fitfile/family.ts';
import { dynamo } from '../data-sets.ts';
import { publishedFits, type Unmeasured } from '../unmeasured.ts';
import type { Named } from './block.ts';
import {
  AGG_GPT_OSS_ATOM,
  GPT_OSS_B200,
  GPT_OSS_H100,
  LLAMA_8B_TRT,
  LLAMA_B200,
  LLAMA_B200_TRT,
  LLAMA_H100,
  MINIMAX_B200,
  MINIMAX_H100,
  QWEN_H100,
  R1_MI300X,
  R1_MI355X,
} from './sets.ts';

/** A data set with who served it. */
export interface Served extends Named {
  readonly engine: string;
  /** Beginning of the id of its published fit, which knows the engine facts. */
  readonly fit: string;
}

const served = (named: Named, engine: string, fit: string): Served => ({
  name: named.name,
  data: named.data,
  engine,
  fit,
});
export const LLAMA = served(LLAMA_H100, 'vllm', 'h100-sxm meta-llama/Llama-3.1-70B fp8');
export const QWEN = served(QWEN_H100, 'vllm', 'h100-sxm Qwen/Qwen3-32B bf16 vllm');
export const GPT_OSS = served(GPT_OSS_H100, 'vllm', 'h100-sxm openai/gpt-oss-120b mxfp4 vllm 0.18');
export const MINIMAX = served(MINIMAX_H100, 'vllm', 'h100-sxm MiniMaxAI/MiniMax-M2.5 fp8');
export const LLAMA_8B = served(LLAMA_8B_TRT, 'tensorrt-llm', 'h100-sxm meta-llama/Llama-3.1-8B');
export const B_LLAMA = served(LLAMA_B200, 'vllm', 'b200-sxm meta-llama/Llama-3.1-70B fp8 vllm');
export const B_LLAMA_TRT = served(
  LLAMA_B200_TRT,
  'tensorrt-llm',
  'b200-sxm meta-llama/Llama-3.1-70B fp8 tensorrt',
);
export const B_GPT_OSS = served(GPT_OSS_B200, 'vllm', 'b200-sxm openai/gpt-oss-120b mxfp4 vllm 0.15');
export const B_MINIMAX = served(MINIMAX_B200, 'vllm', 'b200-sxm MiniMaxAI/MiniMax-M2.5 fp8 vllm 0.19');
export const MI300X = served(R1_MI300X, 'sglang', 'mi300x deepseek');
export const MI355X = served(R1_MI355X, 'sglang', 'mi355x deepseek-ai/DeepSeek-R1-0528 fp8 sglang');
export const ATOM = served(AGG_GPT_OSS_ATOM, 'atom', 'mi355x openai');
export const UNIT = served({ name: 'Llama-8B FP8 H200 unit rows', data: dynamo }, 'vllm', 'h200-sxm');

/** Engine facts that its published fit inferred: whoever serves there knows them. */
const factsOf = ({ fit }: Served): Partial<EngineChoice> =>
  inferredChoice(publishedFits().find(({ id }) => id.startsWith(fit))!);

/** A set's server, as whoever serves there knows it. */
export const knownServer = (one: Served): Unmeasured => ({
  dataset: one.data(),
  engine: one.engine,
  facts: factsOf(one),
});
