import type { Dataset } from '../../../src/fit/dataset.ts';
import type { Bench } from '../bench.ts';
import { splitwise } from '../data-sets.ts';
import type { Score, Targets } from '../score.ts';
import { type Move, transfer, transferWithOneCell } from '../transfers.ts';
import type { Block, Named } from './block.ts';
import {
  AGG_GPT_OSS_B200,
  AGG_GPT_OSS_B200_OLD,
  AGG_GPT_OSS_H100,
  AGG_GPT_OSS_H100_OLD,
  GPT_OSS_B200,
  GPT_OSS_H100,
  LLAMA_B200,
  LLAMA_B200_FP4,
  LLAMA_B200_TRT,
  LLAMA_B200_TRT_FP4,
  LLAMA_H100,
  MINIMAX_B200,
  MINIMAX_B200_FP4,
  MINIMAX_H100,
  QWEN_H100,
  R1_MI300X,
  R1_MI355X,
  R1_MI355X_FP4,
  R1_MI355X_FP4_OLD,
} from './sets.ts';

/** TTFT holds for host and engine, so no target without a cell there. */
const ZERO_SHOT: Targets = { tpot: 8, source: 'gate' };
const ONE_CELL: Targets = { tpot: 8, ttft: 12, source: 'gate' };
const UNSEEN_MOE: Targets = { tpot: 8, source: 'gate' };

const named = (from: Named, to: Named): string => `${from.name} -> ${to.name}`;

interface PairTargets {
  readonly zeroShot: Targets | null;
  /** Absent: not asked. */
  readonly oneCell?: Targets | null;
}

function movedScores(bench: Bench, block: string, name: string, move: Move, targets: PairTargets): Score[] {
  const { zeroShot, oneCell } = targets;
  const zero = transfer(bench, { block, name, targets: zeroShot }, move);
  if (oneCell === undefined) return [zero];
  // The files hold no C = 1.
  const question = { block, name: `${name}, after its easiest cell`, targets: oneCell };
  return [zero, transferWithOneCell(bench, question, move)];
}

/** Without refit, then after one cell. */
const pair =
  (block: string, from: Named, to: Named, targets: PairTargets) =>
  (bench: Bench): Score[] =>
    movedScores(bench, block, named(from, to), { source: from.data(), target: to.data() }, targets);

/** The same where the KV precision of the target is known, as whoever serves there knows it: its own fit infers it. */
const pairWithKnownKv =
  (block: string, from: Named, to: Named, targets: PairTargets) =>
  (bench: Bench): Score[] => {
    const [source, target] = [from.data(), to.data()];
    const { kv_bytes_per_element } = bench.fit(target).choices.choice;
    const move = { source, target, known: { kv_bytes_per_element } };
    return movedScores(bench, block, `${named(from, to)}, KV precision known`, move, targets).map((one) => ({
      ...one,
      repeated: true,
    }));
  };

const block = (code: string, ...pairs: readonly ((bench: Bench) => Score[])[]): Block => ({
  code,
  ask: (bench) => pairs.flatMap((one) => one(bench)),
});

const MOST_BATCHED = 2048;
const batches = (where: string): Dataset => {
  const dataset = splitwise(where);
  return {
    ...dataset,
    observations: dataset.observations.filter(
      ({ input_tokens, concurrency }) => input_tokens * concurrency <= MOST_BATCHED,
    ),
  };
};
const batched = (name: string, where: string): Named => ({ name, data: () => batches(where) });
const LLAMA2_H100 = batched('Llama-2-70B H100', 'model=llama2-70b,hardware=h100-80gb,tensor_parallel=8');
const LLAMA2_A100 = batched('Llama-2-70B A100', 'model=llama2-70b,hardware=a100-80gb,tensor_parallel=8');
const BLOOM_H100 = batched('BLOOM-176B H100', 'model=bloom-176b,hardware=h100-80gb,tensor_parallel=8');
const BLOOM_A100 = batched('BLOOM-176B A100', 'model=bloom-176b,hardware=a100-80gb,tensor_parallel=8');

export const TRANSFER_BLOCKS: readonly Block[] = [
  block(
    'G6',
    pair('G6', LLAMA_H100, LLAMA_B200, {
      zeroShot: { tpot: 8.5, source: 'goal' },
      oneCell: { tpot: 8.5, ttft: 12, source: 'goal' },
    }),
    pairWithKnownKv('G6', LLAMA_H100, LLAMA_B200, {
      zeroShot: { tpot: 8.5, source: 'goal' },
      oneCell: { tpot: 8.5, ttft: 12, source: 'goal' },
    }),
    pair('G6', LLAMA_B200, LLAMA_H100, { zeroShot: { tpot: 6, ttft: 53, source: 'prototype' } }),
    pair('G6', QWEN_H100, LLAMA_H100, { zeroShot: { tpot: 5.8, ttft: 15.5, source: 'prototype' } }),
    pair('G6', LLAMA_H100, QWEN_H100, { zeroShot: { tpot: 10.9, ttft: 23.6, source: 'prototype' } }),
  ),
  block('G7', pair('G7', LLAMA_B200, LLAMA_B200_FP4, { zeroShot: ZERO_SHOT, oneCell: ONE_CELL })),
  block(
    'G8',
    pair('G8', LLAMA_B200, LLAMA_B200_TRT, { zeroShot: ZERO_SHOT, oneCell: ONE_CELL }),
    pair('G8', LLAMA_B200_FP4, LLAMA_B200_TRT_FP4, { zeroShot: ZERO_SHOT, oneCell: ONE_CELL }),
  ),
  block(
    'M2',
    pair('M2', MINIMAX_B200, MINIMAX_B200_FP4, { zeroShot: UNSEEN_MOE, oneCell: ONE_CELL }),
    pair('M2', MINIMAX_B200, MINIMAX_H100, { zeroShot: UNSEEN_MOE, oneCell: ONE_CELL }),
  ),
  block(
    'M3',
    pair('M3', GPT_OSS_H100, AGG_GPT_OSS_H100, { zeroShot: UNSEEN_MOE }),
    pair('M3', GPT_OSS_B200, AGG_GPT_OSS_B200, { zeroShot: UNSEEN_MOE }),
  ),
  block(
    'I5',
    pair('I5', AGG_GPT_OSS_H100_OLD, AGG_GPT_OSS_H100, { zeroShot: UNSEEN_MOE }),
    pair('I5', AGG_GPT_OSS_B200_OLD, AGG_GPT_OSS_B200, { zeroShot: UNSEEN_MOE }),
    pair('I5', R1_MI355X_FP4_OLD, R1_MI355X_FP4, { zeroShot: UNSEEN_MOE }),
  ),
  block('I6', pair('I6', R1_MI300X, R1_MI355X, { zeroShot: UNSEEN_MOE, oneCell: ONE_CELL })),
  block(
    'S1',
    pair('S1', LLAMA2_H100, LLAMA2_A100, { zeroShot: ZERO_SHOT, oneCell: ONE_CELL }),
    pair('S1', LLAMA2_A100, LLAMA2_H100, { zeroShot: ZERO_SHOT, oneCell: ONE_CELL }),
  ),
  block(
    'S2',
    pair('S2', LLAMA2_H100, BLOOM_H100, { zeroShot: ZERO_SHOT, oneCell: ONE_CELL }),
    pair('S2', LLAMA2_A100, BLOOM_A100, { zeroShot: ZERO_SHOT, oneCell: ONE_CELL }),
  ),
];
