import type { Observation } from '../observations.ts';
import { perTensorParallel } from './per-tensor-parallel.ts';
import { leastRelativeSquares } from './regression.ts';

const name = 'phase polynomials';

const promptTokens = (one: Observation): number => one.concurrency * one.input_tokens;
const kvTokens = (one: Observation): number =>
  one.concurrency * (one.input_tokens + one.mean_output_tokens / 2);

/**
 * A polynomial for each phase, as DistServe fits them by relative least squares without bounds: prefill
 * a + b·Σ I + c·Σ I² over the prompts of a batch, decode a + b·KV + c·sequences. A served cell has no fixed batch; the
 * prompts of its C streams stand for it. DistServe's decode is measured right after prefill, where the KV cache holds the
 * prompts alone; both readings of a served cell are here, because each is the closer one somewhere.
 */
export const PHASE_POLYNOMIALS = [
  perTensorParallel({
    name,
    form: 'a + b·KV tokens + c·concurrency',
    metric: 'tpot',
    numbers: 3,
    features: (one) => [1, kvTokens(one), one.concurrency],
    solve: leastRelativeSquares,
  }),
  perTensorParallel({
    name,
    form: 'a + b·prompt tokens + c·concurrency',
    metric: 'tpot',
    numbers: 3,
    features: (one) => [1, promptTokens(one), one.concurrency],
    solve: leastRelativeSquares,
  }),
  perTensorParallel({
    name,
    form: 'a + concurrency·(b·input + c·input²)',
    metric: 'ttft',
    numbers: 3,
    features: (one) => [1, promptTokens(one), promptTokens(one) * one.input_tokens],
    solve: leastRelativeSquares,
  }),
];
