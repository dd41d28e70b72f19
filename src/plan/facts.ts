import type { Accelerator } from '../accelerator/accelerator.ts';
import { bindCard } from '../accelerator/peaks.ts';
import type { ModelCard } from '../model/card.ts';
import { kvCapacityTokens } from '../model/quantities.ts';
import type { PowerFacts } from '../power/sample.ts';
import type { EngineSettings } from '../roofline/closed-form.ts';
import { PARAMETER_NAMES, type ParameterName, type RooflineParameters } from '../roofline/parameters.ts';
import { type Priors, parameterPriors } from '../roofline/priors.ts';

/** What a plan needs to know of a target's power source. */
export interface PlannedPower
  extends Pick<PowerFacts, 'source' | 'averaging' | 'interval_s' | 'has_counter'> {
  /** Over which idle power is measured, before the target's first cell and after its last. */
  readonly idle_s: number;
}

/** What a plan needs to know of a target. Null where neither the server nor the lab says it. */
export interface TargetFacts {
  readonly name: string;
  readonly accelerator: Accelerator | null;
  readonly card: ModelCard | null;
  readonly tensorParallel: number;
  readonly maxLengthTokens: number | null;
  readonly maxNumBatchedTokens: number | null;
  readonly maxNumSeqs: number | null;
  readonly kvCapacityTokens: number | null;
  /** Whether its prompts can be computed on another server; absent: they cannot. */
  readonly pair?: boolean;
  /** Whether its prompts are always text; absent: they are not. */
  readonly chat?: boolean;
  /** Its power source, which makes windows longer; absent or null: no power is read. */
  readonly power?: PlannedPower | null;
  /** Restarts of a server that the run starts, null: as many as the suite says; absent: it runs already. */
  readonly restarts?: number | null;
}

/** vLLM's own defaults for a server of this kind, used for estimates only. */
export const DEFAULT_MAX_NUM_BATCHED_TOKENS = 8192;
export const DEFAULT_MAX_NUM_SEQS = 1024;

/** KV capacity in tokens: the server's, else derived from the card and the device's memory, else null. */
export function kvCapacityOf(facts: TargetFacts): number | null {
  if (facts.kvCapacityTokens !== null) return facts.kvCapacityTokens;
  const memory = facts.accelerator?.memory_bytes ?? null;
  if (facts.card === null || memory === null) return null;
  return kvCapacityTokens(facts.card, memory, facts.tensorParallel) || null;
}

/** Everything that the closed form takes, with prior centres as parameters. */
export interface TargetModel {
  readonly card: ModelCard;
  readonly priors: Priors;
  readonly centre: RooflineParameters;
  readonly engine: EngineSettings;
}

/** The target's model at the centre of the priors; null when its model card is not known. */
export function targetModel(facts: TargetFacts): TargetModel | null {
  if (facts.card === null) return null;
  const card = bindCard(facts.card, facts.accelerator);
  const priors = parameterPriors(facts.accelerator, card);
  return {
    card,
    priors,
    centre: parametersFrom((name) => priors[name].centre),
    engine: {
      tensorParallel: facts.tensorParallel,
      maxNumBatchedTokens: facts.maxNumBatchedTokens ?? DEFAULT_MAX_NUM_BATCHED_TOKENS,
      maxNumSeqs: facts.maxNumSeqs ?? DEFAULT_MAX_NUM_SEQS,
      kvCapacityTokens: kvCapacityOf(facts) ?? Number.POSITIVE_INFINITY,
    },
  };
}

/** A parameter vector from a value for each name. */
export const parametersFrom = (value: (name: ParameterName) => number): RooflineParameters =>
  Object.fromEntries(PARAMETER_NAMES.map((name) => [name, value(name)])) as unknown as RooflineParameters;
