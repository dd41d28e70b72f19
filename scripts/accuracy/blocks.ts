import type { Block } from './blocks/block.ts';
import { NEXT8 } from './blocks/chosen.ts';
import { DENSE_BLOCKS } from './blocks/dense.ts';
import { EXPERT_BLOCKS } from './blocks/experts.ts';
import { FIRST_CELLS } from './blocks/first-cells.ts';
import { INFERENCEX_BLOCKS } from './blocks/inferencex.ts';
import { TRANSFER_BLOCKS } from './blocks/transfer.ts';
import { UNIT } from './blocks/unit.ts';
import { LEFT_OUT_DEVICES, LEFT_OUT_MODELS } from './blocks/unmeasured.ts';

/** Every block, in the order of the table. */
export const BLOCKS: readonly Block[] = [
  UNIT,
  ...DENSE_BLOCKS,
  ...EXPERT_BLOCKS,
  ...INFERENCEX_BLOCKS,
  ...TRANSFER_BLOCKS,
  NEXT8,
  LEFT_OUT_MODELS,
  LEFT_OUT_DEVICES,
  FIRST_CELLS,
];
