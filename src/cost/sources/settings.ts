import type { Accelerator } from '../../accelerator/accelerator.ts';
import type { ModelCard } from '../../model/card.ts';
import { nodeOf } from '../nodes.ts';

/** vLLM's own defaults, for devices on which no server was measured; one limit for all, or the larger would win. */
export const DEFAULT_SEATS = 256;
export const DEFAULT_STEP_TOKENS = 8192;

/** Tensor parallel sizes that a node holds and the model can be split over. */
export const tpSizesOf = ({ id }: Pick<Accelerator, 'id'>, card: ModelCard): number[] =>
  [1, 2, 4, 8].filter((tp) => tp <= nodeOf(id).devices && card.attention.query_heads % tp === 0);
