import type { ParameterName } from '../roofline/parameters.ts';
import type { InformativeCell } from './information.ts';

/** A cell that might be added to a suite, on a tensor parallel size. */
export interface Candidate extends InformativeCell {
  readonly tensor_parallel: number;
}

/** Cells of the design rules (performance-model section 9.2): intercept, slope, curvature, KV slope, batch sweep, interference. */
const SHAPES: readonly InformativeCell[] = [
  { input_tokens: 128, output_tokens: 2, concurrency: 1 },
  { input_tokens: 2048, output_tokens: 2, concurrency: 1 },
  { input_tokens: 8192, output_tokens: 2, concurrency: 1 },
  { input_tokens: 32_000, output_tokens: 2, concurrency: 1 },
  { input_tokens: 128, output_tokens: 256, concurrency: 1 },
  { input_tokens: 16_000, output_tokens: 256, concurrency: 1 },
  { input_tokens: 128, output_tokens: 512, concurrency: 64 },
  { input_tokens: 128, output_tokens: 512, concurrency: 256 },
  { input_tokens: 4096, output_tokens: 512, concurrency: 32 },
  { input_tokens: 1024, output_tokens: 128, concurrency: 16 },
];

/** Candidates that fit the longest request of the targets, at the tensor parallel sizes that are there and at 1 and 2. */
export const candidates = (tensorParallels: readonly number[], maxLengthTokens: number | null): Candidate[] =>
  [...new Set([1, 2, ...tensorParallels])].flatMap((tensor_parallel) =>
    SHAPES.filter(
      ({ input_tokens, output_tokens }) =>
        maxLengthTokens === null || input_tokens + output_tokens * 1.1 <= maxLengthTokens,
    ).map((shape) => ({ ...shape, tensor_parallel })),
  );

/** Why a grid may leave a parameter open, and what pins it. */
export const DESIGN_RULES: Readonly<Record<ParameterName, string>> = {
  gemm_flop_per_s: 'needs prompts of several lengths alone (concurrency 1): their slope is GEMM compute',
  expert_flop_per_s:
    'needs prompts of several lengths alone: tokens enough that experts are bound by compute',
  memory_bytes_per_s: 'needs long contexts in decode, or two sizes of weights (two TPs)',
  attention_flop_per_s: 'needs a long prompt (16k and more): attention grows with the square of the length',
  step_overhead_s: 'needs TP 1 beside another TP: at one TP it is one lump with the weight reads',
  sequence_overhead_s: 'needs a concurrency sweep at short prompts and long outputs',
  request_overhead_s: 'needs a short prompt alone (concurrency 1): the intercept of TTFT',
  all_reduce_latency_s:
    'needs TP 1 and a TP of 2 or more: at one TP it cannot be told from the step overhead',
  link_bytes_per_s: 'needs a TP of 2 or more with long prompts: large messages over the link',
};
