import type { Unknown } from '../fit/dataset.ts';
import type { Observation } from '../fit/observations.ts';
import { settingsFor } from './apply.ts';
import type { Fit } from './schema.ts';

/** Measured cells with the engine settings that their runs do not state taken from a fit: stated or inferred there. */
export function answeredBy(
  fit: Fit,
  observations: readonly Observation[],
  unknown: readonly Unknown[],
): Observation[] {
  const open = new Set(unknown);
  return observations.map((one) => {
    const { maxNumBatchedTokens, kvCapacityTokens, admission } = settingsFor(fit, one.engine.tensorParallel);
    return {
      ...one,
      engine: {
        ...one.engine,
        ...(open.has('max_num_batched_tokens') && { maxNumBatchedTokens }),
        ...(open.has('memory_utilisation') && { kvCapacityTokens }),
        ...(open.has('admission') && { admission }),
      },
    };
  });
}
