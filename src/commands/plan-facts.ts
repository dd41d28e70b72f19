import type { Accelerator } from '../accelerator/accelerator.ts';
import { findAccelerator } from '../accelerator/catalogue.ts';
import { RidgeError } from '../errors.ts';
import type { ModelCard } from '../model/card.ts';
import { builtInCard, builtInModels } from '../model/cards.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import type { TargetFacts } from '../plan/facts.ts';
import { expectedPower } from '../run/expected-target.ts';
import { readModelCard } from '../run/model-card.ts';
import type { NamedTarget } from '../suite/targets.ts';
import { wholeListFlag } from './flags.ts';
import { givenTargets, type TargetFlagTexts } from './run-inputs.ts';

const DEFAULT_ACCELERATOR = 'h100-sxm';
const DEFAULT_MODEL = 'llama-3.1-8b';

/** What to plan for, and what had to be assumed for it. */
export interface PlanFacts {
  readonly facts: readonly TargetFacts[];
  readonly assumptions: readonly string[];
}

/**
 * Facts of the targets that a plan is for, from flags, lab file, model config and catalogue; no server is asked.
 * @throws RidgeError (exit 2) for an unknown accelerator or model, or a size that does not divide the model's heads
 */
export async function planFacts(flags: TargetFlagTexts): Promise<PlanFacts> {
  const named = flags.lab !== undefined || flags.target !== undefined;
  return named ? fromTargets(await givenTargets(flags)) : fromFlags(flags);
}

async function fromFlags(flags: TargetFlagTexts): Promise<PlanFacts> {
  const assumptions: string[] = [];
  if (flags.accelerator === undefined) assumptions.push(`accelerator ${DEFAULT_ACCELERATOR} (--accelerator)`);
  if (flags.model === undefined && flags['model-config'] === undefined) {
    assumptions.push(`model ${DEFAULT_MODEL} (--model)`);
  }
  if (flags.tp === undefined) assumptions.push('TP 1 (--tp)');
  const accelerator = findAccelerator(flags.accelerator ?? DEFAULT_ACCELERATOR);
  const card = await cardOf(flags.model ?? DEFAULT_MODEL, flags['model-config']);
  const facts = wholeListFlag('tp', flags.tp ?? '1', 1).map((tensorParallel) =>
    factsFor(`TP ${tensorParallel}`, accelerator, card, tensorParallel),
  );
  for (const one of facts) requireEvenHeads(one.card, one.tensorParallel, '--tp');
  return { facts, assumptions };
}

async function fromTargets(targets: readonly NamedTarget[]): Promise<PlanFacts> {
  const assumptions: string[] = [];
  const facts: TargetFacts[] = [];
  for (const { name, definition, accelerator, where } of targets) {
    const known = definition.model_config ?? definition.model;
    if (known === undefined) assumptions.push(`${name} serves ${DEFAULT_MODEL} (model or model_config)`);
    const card =
      definition.model !== undefined && definition.model_config === undefined
        ? builtInCard(definition.model)
        : await cardOf(definition.model ?? DEFAULT_MODEL, definition.model_config);
    if (card === null)
      assumptions.push(`${name}: no card for ${definition.model}: 0.5 s to the first token, 20 ms a token`);
    if (definition.tensor_parallel === undefined) assumptions.push(`${name} has TP 1 (tensor_parallel)`);
    const base = factsFor(name, accelerator, card, definition.tensor_parallel ?? 1);
    requireEvenHeads(base.card, base.tensorParallel, where);
    facts.push({
      ...base,
      maxNumBatchedTokens: definition.max_num_batched_tokens ?? null,
      maxNumSeqs: definition.max_num_seqs ?? null,
      kvCapacityTokens: definition.kv_capacity_tokens ?? null,
      ...(definition.serve && { restarts: definition.serve.restarts ?? null }),
      pair: definition.prefill !== undefined,
      power: expectedPower(definition),
    });
  }
  return { facts, assumptions };
}

const factsFor = (
  name: string,
  accelerator: Accelerator | null,
  card: ModelCard | null,
  tensorParallel: number,
): TargetFacts => ({
  name,
  accelerator,
  card,
  tensorParallel,
  maxLengthTokens: card?.max_length_tokens ?? null,
  maxNumBatchedTokens: null,
  maxNumSeqs: null,
  kvCapacityTokens: null,
});

async function cardOf(model: string, configFile: string | undefined): Promise<ModelCard> {
  if (configFile !== undefined) return readModelCard(model, configFile);
  const card = builtInCard(model);
  if (card) return card;
  throw new RidgeError(`no built-in model '${model}'`, {
    where: '--model',
    mend: `Known: ${builtInModels().join(', ')}; or give --model-config FILE.`,
  });
}
