import type { CellMetrics } from '../run/schema.ts';
import { type BatchDecode, batchDecode, batchesOf } from './decode-steps.ts';
import { isCompleted } from './selection.ts';
import { statisticMs } from './statistic.ts';
import type { RequestTimeline } from './timeline.ts';

/** Whole batches of a cell, with the steps in which all of each decoded. */
export const decodedBatches = (measured: readonly RequestTimeline[], concurrency: number): BatchDecode[] =>
  batchesOf(measured)
    .filter((batch) => batch.length === concurrency && batch.every(isCompleted))
    .map(batchDecode)
    .filter((one) => one !== null);

/**
 * Metrics of a `decode` cell. TPOT and output tokens per second are taken over the steps in which a whole batch decodes,
 * and a batch is one sample, since its streams share their steps. TTFT and E2E are those of a batch released at once.
 * What only a steady load has (arrival rates, goodput, objectives) is left out.
 */
export function decodeMetrics(
  metrics: CellMetrics,
  measured: readonly RequestTimeline[],
  concurrency: number,
): CellMetrics {
  const batches = decodedBatches(measured, concurrency);
  const total = (value: (one: BatchDecode) => number): number =>
    batches.reduce((sum, one) => sum + value(one), 0);
  const seconds = total((one) => one.span_s);
  return {
    ...metrics,
    tpot_ms: statisticMs(batches.map((one) => one.tpot_s)),
    output_tokens_per_s: seconds > 0 ? total((one) => one.tokens) / seconds : null,
    input_tokens_per_s: null,
    requests_per_s: null,
    mean_concurrency: batches.length === 0 ? null : concurrency,
    turn_around_ms: null,
    decode:
      batches.length === 0
        ? null
        : {
            batches: batches.length,
            steps: total((one) => one.steps),
            mean_context_tokens: total((one) => one.context_tokens) / batches.length,
          },
    goodput_requests_per_s: null,
    objectives: [],
  };
}
