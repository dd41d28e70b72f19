import { dynamo, isDecodeAt } from '../data-sets.ts';
import type { Block } from './block.ts';

const LONGEST_TRAINED = 12_000;
const HELD_CONTEXT = 5644;

/** One device without serving effects: longer prompts, and a context between others. */
export const UNIT: Block = {
  code: 'U1',
  ask: (bench) => [
    bench.holdOut(
      {
        block: 'U1',
        name: 'Llama-8B FP8 H200: prompts above 12 k, context 5644',
        targets: { tpot: 6, ttft: 10, source: 'gate' },
      },
      dynamo(),
      (one) =>
        (one.output_tokens === 1 && one.input_tokens > LONGEST_TRAINED) || isDecodeAt(HELD_CONTEXT, one),
    ),
  ],
};
