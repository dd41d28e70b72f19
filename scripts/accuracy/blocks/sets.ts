import { inferenceX, type Statistic, silicon } from '../data-sets.ts';
import type { Named } from './block.ts';

const set = (name: string, data: Named['data']): Named => ({ name, data });
const llama = (system: string, backend: string, precision: string) =>
  silicon(`model=meta-llama/Llama-3.1-70B,system=${system},backend=${backend},precision=${precision}`);
const vllm = (model: string, system: string, version: string, precision: string) =>
  silicon(`model=${model},system=${system},backend=vllm,engine_version=${version},precision=${precision}`);

const MINIMAX = 'MiniMaxAI/MiniMax-M2.5';
const GPT_OSS = 'openai/gpt-oss-120b';

export const LLAMA_H100 = set('Llama-70B FP8 H100', () => llama('h100_sxm', 'vllm', 'fp8'));
export const LLAMA_B200 = set('Llama-70B FP8 B200', () => llama('b200_sxm', 'vllm', 'fp8'));
export const LLAMA_B200_FP4 = set('Llama-70B FP4 B200', () => llama('b200_sxm', 'vllm', 'fp4'));
export const LLAMA_B200_TRT = set('Llama-70B FP8 B200 TRT', () => llama('b200_sxm', 'trtllm', 'fp8'));
export const LLAMA_B200_TRT_FP4 = set('Llama-70B FP4 B200 TRT', () => llama('b200_sxm', 'trtllm', 'fp4'));
export const QWEN_H100 = set('Qwen3-32B H100', () =>
  silicon('model=Qwen/Qwen3-32B,backend=vllm,precision=bf16'),
);
export const QWEN_TRT = set('Qwen3-32B FP8 H100 TRT', () =>
  silicon('model=Qwen/Qwen3-32B,engine_version=1.0.0rc3,precision=fp8'),
);
export const LLAMA_8B_TRT = set('Llama-8B H100 TRT', () =>
  silicon('model=meta-llama/Llama-3.1-8B-Instruct,engine_version=1.0.0rc3'),
);
export const GPT_OSS_H100 = set('gpt-oss H100', () => vllm(GPT_OSS, 'h100_sxm', '0.18.0', 'fp4'));
export const GPT_OSS_B200 = set('gpt-oss B200', () => vllm(GPT_OSS, 'b200_sxm', '0.15.1', 'fp4'));
export const MINIMAX_H100 = set('MiniMax H100', () => vllm(MINIMAX, 'h100_sxm', '0.18.0', 'fp8'));
export const MINIMAX_B200 = set('MiniMax FP8 B200', () => vllm(MINIMAX, 'b200_sxm', '0.19.0', 'fp8'));
export const MINIMAX_B200_FP4 = set('MiniMax FP4 B200', () => vllm(MINIMAX, 'b200_sxm', '0.19.0', 'fp4'));

/** InferenceX rows of one device, engine image, model and precision. */
export interface InferenceXSet extends Named {
  readonly where: string;
  readonly statistic: Statistic;
}

const agg = (name: string, where: string, statistic: Statistic): InferenceXSet => ({
  name,
  where,
  statistic,
  data: () => inferenceX(where, statistic),
});

const gptOss = (name: string, hw: string, version: string): InferenceXSet =>
  agg(name, `hw=${hw},model=${GPT_OSS},engine_version=${version}`, 'mean');

export const AGG_GPT_OSS_H100 = gptOss('gpt-oss H100 vLLM 0.13', 'h100', '0.13.0');
export const AGG_GPT_OSS_H100_OLD = gptOss('gpt-oss H100 vLLM 0.11', 'h100', '0.11.2');
export const AGG_GPT_OSS_B200 = gptOss('gpt-oss B200 vLLM 0.13', 'b200', '0.13.0');
export const AGG_GPT_OSS_B200_OLD = gptOss('gpt-oss B200 vLLM 0.11', 'b200', '0.11.2');
export const AGG_GPT_OSS_TRT = agg('gpt-oss B200 TRT', `hw=b200-trt,model=${GPT_OSS},ep=1`, 'mean');
export const AGG_GPT_OSS_ATOM = agg('gpt-oss MI355X ATOM', `hw=mi355x,model=${GPT_OSS}`, 'mean');

/** Medians: some repeats of DeepSeek-R1 compiled kernels while they were measured, which only means show. */
const r1 = (name: string, where: string): InferenceXSet =>
  agg(`R1 ${name}`, `infmax_model_prefix=dsr1,${where}`, 'median');

export const R1_B200_FP8 = r1('FP8 B200 SGLang', 'hw=b200,precision=fp8');
export const R1_B200_FP4 = r1('FP4 B200 SGLang', 'hw=b200,precision=fp4');
export const R1_MI300X = r1('FP8 MI300X SGLang', 'hw=mi300x');
export const R1_MI355X = r1('FP8 MI355X SGLang', 'hw=mi355x,framework=sglang,precision=fp8');
const r1Mxfp4 = (version: string): InferenceXSet =>
  r1(`MXFP4 MI355X SGLang ${version}`, `hw=mi355x,framework=sglang,precision=fp4,engine_version=${version}`);
export const R1_MI355X_FP4 = r1Mxfp4('0.5.7');
export const R1_MI355X_FP4_OLD = r1Mxfp4('0.5.6.post1');
export const R1_ATOM_FP8 = r1('FP8 MI355X ATOM', 'hw=mi355x,framework=atom,precision=fp8');
export const R1_ATOM_FP4 = r1('MXFP4 MI355X ATOM', 'hw=mi355x,framework=atom,precision=fp4');

/** One image of every device, engine, model and precision. */
export const INFERENCEX_SETS: readonly InferenceXSet[] = [
  ...[AGG_GPT_OSS_H100, AGG_GPT_OSS_B200, AGG_GPT_OSS_TRT, AGG_GPT_OSS_ATOM],
  ...[R1_B200_FP8, R1_B200_FP4, R1_MI300X, R1_MI355X, R1_MI355X_FP4, R1_ATOM_FP8, R1_ATOM_FP4],
];
