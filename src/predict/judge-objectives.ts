import type { Predicted, Prediction } from '../fit/predictive.ts';
import type { PredictedTails } from '../fit/tails/predict-tails.ts';
import type { TailKey } from '../fit/tails/tail-keys.ts';
import type { ObjectiveKey, Objectives } from '../suite/schema.ts';

/** A latency limit beside what is predicted, ms. */
export interface PredictedObjective {
  readonly key: ObjectiveKey;
  readonly limit_ms: number;
  /** Null where the metric does not exist. */
  readonly value_ms: number | null;
  readonly interval_90_ms: readonly [number, number] | null;
  /** Null where there is no value. */
  readonly met: boolean | null;
  /** Whether the whole interval lies on one side of the limit; null without one. */
  readonly sure: boolean | null;
}

/** Each limit against the prediction: means, or percentiles. The mean time between tokens is TPOT's. */
export function judgeObjectives(
  objectives: Objectives,
  prediction: Prediction,
  tails: PredictedTails | null,
): PredictedObjective[] {
  return (Object.entries(objectives) as [ObjectiveKey, number][]).map(([key, limit_ms]) => {
    const { value, interval_90 } = predictedOf(key, prediction, tails);
    const [low, high] = interval_90 ?? [null, null];
    return {
      key,
      limit_ms,
      value_ms: value,
      interval_90_ms: interval_90,
      met: value === null ? null : value <= limit_ms,
      sure: low === null ? null : high <= limit_ms || low > limit_ms,
    };
  });
}

function predictedOf(key: ObjectiveKey, prediction: Prediction, tails: PredictedTails | null): Predicted {
  switch (key) {
    case 'ttft_mean_ms':
      return prediction.ttft_ms;
    case 'tpot_mean_ms':
    case 'tbt_mean_ms':
      return prediction.tpot_ms;
    case 'e2e_mean_ms':
      return prediction.e2e_ms;
    default:
      return tails?.[key satisfies TailKey] ?? { value: null, interval_90: null };
  }
}
