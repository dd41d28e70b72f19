import type { Fit } from '../../src/fitfile/schema.ts';
import { withContent } from '../fitfile/made-fit.ts';

type Tails = NonNullable<Fit['tails']>;

/** A fit as if cells had measured percentiles: what they showed of its steps, and how far each was off. */
export const withTails = (fit: Fit, changes: Partial<Tails> = {}): Fit =>
  withContent(fit, {
    tails: {
      traits: { step_spread: 0.02, prompt_step_ratio: 1.2, prompt_step_extra_s: 0.02 },
      max_num_batched_tokens: null,
      start: null,
      misses: [],
      closed_form_misses: ['ttft_p99_ms', 'tpot_p99_ms', 'tbt_p50_ms', 'tbt_p99_ms'].map((key) => ({
        key,
        cells: 20,
        log_half_width_90: 0.1,
      })),
      errors: { in_sample: {}, hold_out: null },
      ...changes,
    } satisfies Tails,
  });
