import type { Observation } from '../../../src/fit/observations.ts';
import type { Targets } from '../score.ts';
import { type Block, hasLoad, hasTp, isShape, leaveOneTpOut, type Named } from './block.ts';
import { LLAMA_8B_TRT, LLAMA_B200, LLAMA_H100, QWEN_H100, QWEN_TRT } from './sets.ts';

const goal = (tpot: number, ttft: number): Targets => ({ tpot, ttft, source: 'goal' });
const prototype = (tpot: number, ttft: number): Targets => ({ tpot, ttft, source: 'prototype' });
const GATE: Targets = { tpot: 6, ttft: 10, source: 'gate' };

const IN_SAMPLE: readonly (readonly [Named, Targets])[] = [
  [LLAMA_H100, goal(2.3, 5)],
  [LLAMA_B200, goal(3.5, 12)],
  [QWEN_H100, prototype(3.8, 10.9)],
];

const CLOSED_FORM: readonly (readonly [Named, Targets])[] = [
  [LLAMA_H100, { tpot: 3.6, source: 'prototype' }],
  [LLAMA_B200, { tpot: 4, source: 'prototype' }],
];

/** Figures of dense models beyond the numbered blocks: in sample, and the two Llama grids a TP size at a time. */
export const DENSE: Block = {
  code: 'D',
  ask: (bench) => [
    ...IN_SAMPLE.map(([{ name, data }, targets]) =>
      bench.inSample({ block: 'D', name: `${name}, in sample`, targets }, data()),
    ),
    ...CLOSED_FORM.map(([{ name, data }, targets]) =>
      bench.inSample(
        { block: 'D', name: `${name}, in sample by the closed form`, targets },
        data(),
        'closed_form',
      ),
    ),
    ...leaveOneTpOut(bench, 'D', LLAMA_H100, { all: goal(3.3, 6.8) }),
    ...leaveOneTpOut(bench, 'D', LLAMA_B200, { all: goal(5.8, 13.6) }),
  ],
};

const QWEN_TP: Readonly<Record<number, Targets>> = {
  2: prototype(4.2, 17.3),
  4: prototype(3.5, 7.6),
  8: prototype(5.6, 10.1),
};

const held =
  (
    code: string,
    what: string,
    { name, data }: Named,
    targets: Targets,
    isHeld: (one: Observation) => boolean,
  ) =>
  (bench: Parameters<Block['ask']>[0]) =>
    bench.holdOut({ block: code, name: `${name}, ${what}`, targets }, data(), isHeld);

const block = (code: string, ...questions: readonly ReturnType<typeof held>[]): Block => ({
  code,
  ask: (bench) => questions.map((question) => question(bench)),
});

const isTwoShapes = isShape('1024/1024', '8192/1024');
/** Eight cells: the loads' ends on two TP sizes and two shapes. */
const isOneOfEight =
  (...sizes: number[]) =>
  (one: Observation): boolean =>
    hasLoad(4, 64)(one) && hasTp(...sizes)(one) && isTwoShapes(one);
const isOneOfTwelve = (one: Observation): boolean =>
  hasLoad(4, 16, 64)(one) && hasTp(2, 8)(one) && isTwoShapes(one);
const isOneOfSixteen = (one: Observation): boolean => hasLoad(4, 32)(one) && isTwoShapes(one);
const isOneOfNine = (one: Observation): boolean => hasLoad(4, 16, 64)(one) && hasTp(2)(one);
const not =
  (is: (one: Observation) => boolean) =>
  (one: Observation): boolean =>
    !is(one);

export const DENSE_BLOCKS: readonly Block[] = [
  DENSE,
  { code: 'G1', ask: (bench) => leaveOneTpOut(bench, 'G1', QWEN_H100, { all: goal(5, 12), each: QWEN_TP }) },
  block('G2', held('G2', 'C 128 from C <= 64', QWEN_H100, prototype(5.7, 13.8), hasLoad(128))),
  block(
    'G3',
    held('G3', 'OSL 128', QWEN_H100, prototype(9.5, 10.2), ({ output_tokens }) => output_tokens === 128),
    held('G3', 'OSL 1024', QWEN_H100, prototype(2.4, 11.6), ({ output_tokens }) => output_tokens === 1024),
    held('G3', 'ISL 4096', QWEN_H100, prototype(4.9, 16.8), ({ input_tokens }) => input_tokens === 4096),
    held('G3', 'ISL 1024', QWEN_H100, prototype(3.2, 70), ({ input_tokens }) => input_tokens === 1024),
  ),
  block(
    'G4',
    held('G4', '1k/8k', LLAMA_H100, prototype(2.5, 4.1), isShape('1024/8192')),
    held('G4', '1k/8k', LLAMA_B200, prototype(5.9, 14.3), isShape('1024/8192')),
    held('G4', '1k/1k', LLAMA_H100, prototype(3.1, 6.1), isShape('1024/1024')),
    held('G4', '1k/1k', LLAMA_B200, prototype(5.8, 14.7), isShape('1024/1024')),
    held('G4', '8k/1k, the only long prompt', LLAMA_H100, prototype(37, 115), isShape('8192/1024')),
    held('G4', '8k/1k, the only long prompt', LLAMA_B200, prototype(17.6, 41.7), isShape('8192/1024')),
    held('G4', 'C 64 from C <= 32', LLAMA_H100, prototype(6.3, 3.9), hasLoad(64)),
    held('G4', 'C 64 from C <= 32', LLAMA_B200, prototype(5, 18.3), hasLoad(64)),
  ),
  block(
    'G5',
    held('G5', 'from 8 cells', LLAMA_H100, prototype(2.7, 5.5), not(isOneOfEight(2, 8))),
    held('G5', 'from 8 cells', LLAMA_B200, prototype(5.1, 10.6), not(isOneOfEight(1, 8))),
    held('G5', 'from 12 cells', LLAMA_H100, prototype(3.1, 6.9), not(isOneOfTwelve)),
    held('G5', 'from 16 cells', LLAMA_B200, prototype(4.7, 13.2), not(isOneOfSixteen)),
    held('G5', 'from 9 cells on TP 2', LLAMA_H100, prototype(9.3, 11.7), not(isOneOfNine)),
    held('G5', 'from 9 cells on TP 2', LLAMA_B200, prototype(7, 29), not(isOneOfNine)),
  ),
  block(
    'G9',
    held('G9', 'ISL 2048', QWEN_TRT, GATE, ({ input_tokens }) => input_tokens === 2048),
    held('G9', 'ISL 2048', LLAMA_8B_TRT, GATE, ({ input_tokens }) => input_tokens === 2048),
  ),
];
