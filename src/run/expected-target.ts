import { builtInCard } from '../model/cards.ts';
import type { PlannedPower, TargetFacts } from '../plan/facts.ts';
import { expectedSensor } from '../power/least-window.ts';
import type { NamedTarget } from '../suite/targets.ts';
import { readModelCard } from './model-card.ts';
import type { ServedTarget } from './started-server.ts';

/** What a plan needs to know of a server that the run starts, whether it runs or not. */
export const servedFacts = ({ definition }: ServedTarget): Pick<TargetFacts, 'restarts'> => ({
  restarts: definition.serve.restarts ?? null,
});

/**
 * What a target that does not run yet will be, as far as the lab file tells: enough to plan its cells.
 * @throws RidgeError (exit 2) when the lab's model_config cannot be used
 */
export async function expectedFacts({ name, definition, accelerator }: NamedTarget): Promise<TargetFacts> {
  const { model, model_config } = definition;
  const card =
    model_config !== undefined
      ? await readModelCard(model ?? name, model_config)
      : model !== undefined
        ? builtInCard(model)
        : null;
  return {
    name,
    accelerator,
    card,
    tensorParallel: definition.tensor_parallel ?? 1,
    // A flag of the server may still shorten it.
    maxLengthTokens: card?.max_length_tokens ?? null,
    maxNumBatchedTokens: definition.max_num_batched_tokens ?? null,
    maxNumSeqs: definition.max_num_seqs ?? null,
    kvCapacityTokens: definition.kv_capacity_tokens ?? null,
    pair: definition.prefill !== undefined,
    power: expectedPower(definition),
  };
}

/** The power source that a lab file names, as far as one that was not asked yet is known; null: none is named. */
export function expectedPower({ power }: NamedTarget['definition']): PlannedPower | null {
  const sensor = power === undefined ? null : expectedSensor(power.source);
  return sensor && { source: power!.source, ...sensor, idle_s: power!.idle_s };
}
