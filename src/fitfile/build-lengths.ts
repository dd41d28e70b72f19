import type { Observation } from '../fit/observations.ts';
import type { PowerFit } from '../fit/power/fit-power.ts';
import { unknownTasks, withLengths } from '../fit/power/fitted-lengths.ts';
import type { PowerSection } from './power-schema.ts';

/**
 * What a power section says of prompt lengths that no row recorded: the lengths that were fitted with it, and what the energy
 * per FLOP would be with others, since the two cannot be told apart.
 * @param observations with the lengths that were fitted
 * @param fitAt the power model fitted to cells with other lengths
 */
export function unknownLengths(
  observations: readonly Observation[],
  fitAt: (scaled: readonly Observation[]) => Pick<PowerFit, 'parameters'>,
): Pick<PowerSection, 'unknown_prompt_lengths'> {
  const by_task = unknownTasks(observations).map((task) => {
    const one = observations.find(({ unknown_input }) => unknown_input?.task === task)!;
    const [low, high] = one.unknown_input!.as_good!;
    return { task, input_tokens: one.input_tokens, as_good: [low, high] as [number, number] };
  });
  if (by_task.length === 0) return {};
  const energyAt = (times: number): number => {
    const lengths = by_task.map(({ task, input_tokens }) => [task, Math.ceil(times * input_tokens)]);
    return fitAt(withLengths(observations, Object.fromEntries(lengths))).parameters.energy_per_flop_j;
  };
  return {
    unknown_prompt_lengths: {
      by_task,
      confounded_with: 'energy_per_flop_j',
      energy_per_flop_j_at_half: energyAt(0.5),
      energy_per_flop_j_at_double: energyAt(2),
    },
  };
}
