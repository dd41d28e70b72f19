import { DEFAULT_CHOICE, ordered, type Unknown, withPlanning, withSeats } from '../fit/dataset.ts';
import type { Observation } from '../fit/observations.ts';
import { withLengths } from '../fit/power/fitted-lengths.ts';
import { settingsFor } from './apply.ts';
import { inferredChoice } from './family.ts';
import type { Fit } from './schema.ts';

/** Measured cells with the engine settings and prompt lengths that their runs do not state taken from a fit: stated or inferred there. */
export function answeredBy(
  fit: Fit,
  observations: readonly Observation[],
  unknown: readonly Unknown[],
): Observation[] {
  const open = new Set(unknown);
  const lengths = fit.power?.unknown_prompt_lengths?.by_task ?? [];
  const choice = { ...DEFAULT_CHOICE, ...inferredChoice(fit) };
  const byTask = Object.fromEntries(lengths.map(({ task, input_tokens }) => [task, input_tokens]));
  return withLengths(observations, byTask).map((one) => {
    const { maxNumBatchedTokens, budgetMarginTokens, kvCapacityTokens, admission, padding } = settingsFor(
      fit,
      one.engine.tensorParallel,
    );
    return {
      ...one,
      ...(open.has('burst_order') && { driving: ordered(one.driving, choice.burst_order) }),
      engine: {
        ...one.engine,
        ...(open.has('max_num_batched_tokens') && { maxNumBatchedTokens, budgetMarginTokens }),
        ...(open.has('memory_utilisation') && { kvCapacityTokens }),
        ...(open.has('admission') && { admission }),
        ...(open.has('seat_margin') && withSeats(choice)),
        ...(open.has('planning') && withPlanning(choice)),
        ...(padding && { padding }),
      },
    };
  });
}
