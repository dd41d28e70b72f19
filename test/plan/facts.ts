import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { builtInCard } from '../../src/model/cards.ts';
import type { TargetFacts } from '../../src/plan/facts.ts';
import type { GridPoint } from '../../src/suite/expand.ts';

/** Llama-3.1 8B on an H100, unless told otherwise. */
export const factsOf = (overrides: Partial<TargetFacts> = {}): TargetFacts => ({
  name: 'h100',
  accelerator: findAccelerator('h100-sxm'),
  card: builtInCard('llama-3.1-8b'),
  tensorParallel: 1,
  maxLengthTokens: 131_072,
  maxNumBatchedTokens: 8192,
  maxNumSeqs: 256,
  kvCapacityTokens: null,
  ...overrides,
});

export const point = (overrides: Partial<GridPoint> = {}): GridPoint => ({
  kind: 'load',
  input_tokens: 1024,
  cached_input_tokens: null,
  output_tokens: 256,
  load: { kind: 'concurrency', concurrency: 4 },
  repeats: 1,
  anchor: false,
  hold_out: false,
  tensor_parallel: null,
  ...overrides,
});
