import type { EngineChoice } from '../../../src/fit/dataset.ts';
import type { Traits } from '../../../src/fit/family/member.ts';
import { narrowed } from '../../../src/fit/family/narrow.ts';
import { inferredChoice } from '../../../src/fitfile/family.ts';
import { type Bench, foreignErrors, type Question, score } from '../bench.ts';
import { dynamo } from '../data-sets.ts';
import { pooled, type Score, type Targets } from '../score.ts';
import { cellsToMeasure, guess, publishedFits, traitsOfSet, type Unmeasured } from '../unmeasured.ts';
import type { Block, Named } from './block.ts';
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

interface Served extends Named {
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
const LLAMA = served(LLAMA_H100, 'vllm', 'h100-sxm meta-llama/Llama-3.1-70B fp8');
const QWEN = served(QWEN_H100, 'vllm', 'h100-sxm Qwen/Qwen3-32B bf16 vllm');
const GPT_OSS = served(GPT_OSS_H100, 'vllm', 'h100-sxm openai/gpt-oss-120b mxfp4 vllm 0.18');
const MINIMAX = served(MINIMAX_H100, 'vllm', 'h100-sxm MiniMaxAI/MiniMax-M2.5 fp8');
const LLAMA_8B = served(LLAMA_8B_TRT, 'tensorrt-llm', 'h100-sxm meta-llama/Llama-3.1-8B');
const B_LLAMA = served(LLAMA_B200, 'vllm', 'b200-sxm meta-llama/Llama-3.1-70B fp8 vllm');
const B_LLAMA_TRT = served(LLAMA_B200_TRT, 'tensorrt-llm', 'b200-sxm meta-llama/Llama-3.1-70B fp8 tensorrt');
const B_GPT_OSS = served(GPT_OSS_B200, 'vllm', 'b200-sxm openai/gpt-oss-120b mxfp4 vllm 0.15');
const B_MINIMAX = served(MINIMAX_B200, 'vllm', 'b200-sxm MiniMaxAI/MiniMax-M2.5 fp8 vllm 0.19');
const MI300X = served(R1_MI300X, 'sglang', 'mi300x deepseek');
const MI355X = served(R1_MI355X, 'sglang', 'mi355x deepseek-ai/DeepSeek-R1-0528 fp8 sglang');
const ATOM = served(AGG_GPT_OSS_ATOM, 'atom', 'mi355x openai');
const UNIT = served({ name: 'Llama-8B FP8 H200 unit rows', data: dynamo }, 'vllm', 'h200-sxm');

const NEW_MODEL: Targets = { tpot: 11, ttft: 20, source: 'goal' };
const NEW_DEVICE: Targets = { tpot: 15, source: 'goal' };
const THREE_CELLS: Targets = { tpot: 8, source: 'goal' };
const CELLS = 3;

type Leave = (own: Traits) => (other: Traits) => boolean;
/** On no device: what a model is like is not known from elsewhere either. */
const everywhere: Leave = (own) => (other) => other.model === own.model;
const wholeDevice: Leave = (own) => (other) => other.device === own.device;

function line(block: string, name: string, targets: Targets | null, server: Unmeasured, leave: Leave): Score {
  const { model, target } = guess(server, leave(traitsOfSet(server)));
  return score({ block, name, targets }, 'transfer', foreignErrors(model, target, target.observations));
}

const factsOf = ({ fit }: Served): Partial<EngineChoice> =>
  inferredChoice(publishedFits().find(({ id }) => id.startsWith(fit))!);

/** A model that was measured nowhere, on a device that is known by others. */
const leftOutModel = (one: Served, targets: Targets | null): Score[] => {
  const server = { dataset: one.data(), engine: one.engine };
  const known = { ...server, facts: factsOf(one) };
  return [
    line('LM', `${one.name}, model left out`, targets, server, everywhere),
    { ...line('LM', `${one.name}, same, engine facts known`, targets, known, everywhere), repeated: true },
  ];
};

export const LEFT_OUT_MODELS: Block = {
  code: 'LM',
  ask: () =>
    [
      ...[LLAMA, QWEN].map((one) => leftOutModel(one, NEW_MODEL)),
      ...[GPT_OSS, MINIMAX, LLAMA_8B, B_LLAMA, B_LLAMA_TRT, B_GPT_OSS, B_MINIMAX, MI300X, MI355X, ATOM].map(
        (one) => leftOutModel(one, null),
      ),
    ].flat(),
};

function leftOutDevice(device: string, sets: readonly Served[]): Score[] {
  const each = sets.map((one) => {
    const server = { dataset: one.data(), engine: one.engine, facts: factsOf(one) };
    const before = line('LD', `${one.name}, device left out`, null, server, wholeDevice);
    return [
      before,
      afterCells({ block: 'LD', name: `${one.name}, after ${CELLS} cells`, targets: null }, server),
    ];
  });
  return [
    ...each.flat(),
    pooled(
      `${device}, from the spec sheet`,
      each.map(([before]) => before!),
      NEW_DEVICE,
    ),
    pooled(
      `${device}, after ${CELLS} cells of each`,
      each.map(([, after]) => after!),
      THREE_CELLS,
    ),
  ];
}

function afterCells(question: Question, server: Unmeasured): Score {
  const start = guess(server, wholeDevice(traitsOfSet(server)));
  const cells = cellsToMeasure(start, CELLS);
  const { target } = start;
  const rest = { ...target, observations: target.observations.filter((one) => !cells.includes(one)) };
  return score(question, 'transfer', foreignErrors(narrowed(start.model, cells), rest, cells));
}

export const LEFT_OUT_DEVICES: Block = {
  code: 'LD',
  ask: (_bench: Bench) => [
    ...leftOutDevice('H100', [LLAMA, QWEN, GPT_OSS, MINIMAX]),
    ...leftOutDevice('B200', [B_LLAMA, B_GPT_OSS, B_MINIMAX]),
    ...leftOutDevice('MI300X', [MI300X]),
    ...leftOutDevice('MI355X', [MI355X, ATOM]),
    ...leftOutDevice('H200', [UNIT]),
  ],
};
