import { perTensorParallel } from './per-tensor-parallel.ts';
import { leastRelativeSquaresAboveZero } from './regression.ts';

/**
 * A step's time by what each stream computes and reads in it, averaged over a request, as the llm-d workload variant
 * autoscaler does since its second version (WVA v2): α + C·(β·tc + γ·tm) with tc = (I + O)/(O + 1) tokens computed and
 * tm = I + O/2 tokens read. Its three numbers are times and therefore not below 0.
 */
export const TOKEN_RATES = [
  perTensorParallel({
    name: 'token rates',
    form: 'a + concurrency·(b·tokens computed + c·tokens read)',
    metric: 'tpot',
    numbers: 3,
    features: ({ concurrency, input_tokens, mean_output_tokens }) => [
      1,
      (concurrency * (input_tokens + mean_output_tokens)) / (mean_output_tokens + 1),
      concurrency * (input_tokens + mean_output_tokens / 2),
    ],
    solve: leastRelativeSquaresAboveZero,
  }),
];
