import { perTensorParallel } from './per-tensor-parallel.ts';
import { leastRelativeSquares } from './regression.ts';

const name = 'straight line';

/** Straight lines in the load, as the llm-d workload variant autoscaler draws them (its first version, WVA v1). */
export const STRAIGHT_LINES = [
  perTensorParallel({
    name,
    form: 'a + b·concurrency',
    metric: 'tpot',
    numbers: 2,
    features: ({ concurrency }) => [1, concurrency],
    solve: leastRelativeSquares,
  }),
  perTensorParallel({
    name,
    form: 'a + b·input·concurrency',
    metric: 'ttft',
    numbers: 2,
    features: ({ concurrency, input_tokens }) => [1, input_tokens * concurrency],
    solve: leastRelativeSquares,
  }),
];
