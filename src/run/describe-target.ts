import { findAccelerator } from '../accelerator/catalogue.ts';
import { bindCard } from '../accelerator/peaks.ts';
import type { AgentHost } from '../agent/connection.ts';
import type { Identity } from '../agent/protocol.ts';
import { RidgeError } from '../errors.ts';
import type { Environment } from '../measure/verdict.ts';
import { plainName } from '../model/cards.ts';
import type { TargetFacts } from '../plan/facts.ts';
import { powerTiming } from '../power/least-window.ts';
import { DEVICE_SETTINGS } from '../power/sample.ts';
import { readLabPrompts } from '../suite/lab-prompts.ts';
import { IDLE_S } from '../suite/power-schema.ts';
import type { NamedTarget } from '../suite/targets.ts';
import { mergeSettings } from './engine-settings.ts';
import { resolveModelCard } from './model-card.ts';
import type { LiveTarget, LogFacts, RunTarget } from './schema.ts';

/**
 * Puts together what the lab says of a target and what the target says of itself.
 * @param log what the log of a server that the run started says; null: there is none
 * @throws RidgeError (exit 2) when the lab's model_config cannot be used
 */
export async function describeTarget(
  target: NamedTarget,
  identity: Identity,
  host: AgentHost,
  log: LogFacts | null = null,
): Promise<LiveTarget> {
  const { definition } = target;
  const { simulated } = identity;
  const warnings = [...identity.warnings];
  const accelerator = target.accelerator ?? (simulated ? findAccelerator(simulated.accelerator) : null);
  const told = simulated?.tensor_parallel ?? log?.tensor_parallel ?? null;
  const tensorParallel = definition.tensor_parallel ?? told ?? 1;
  if (definition.tensor_parallel === undefined && told === null) {
    warnings.push('tensor_parallel is not given; 1 is assumed');
  }
  if (simulated && simulated.tensor_parallel !== tensorParallel) {
    warnings.push(
      `tensor_parallel: ${tensorParallel} is given, the simulated endpoint has ${simulated.tensor_parallel}; a fit of this run is wrong`,
    );
  }
  if (accelerator === null) warnings.push('accelerator is not given; a fit of this run has weak priors');
  const card = await resolveModelCard(definition.model_config, identity);
  if (card === null) {
    warnings.push(`model '${identity.model.id}' has no card; give model_config, a fit needs it`);
  }
  const merged = mergeSettings(identity.settings, log, definition, { card, accelerator, tensorParallel });
  return {
    name: target.name,
    url: definition.url,
    definition,
    agent: definition.agent ?? null,
    accelerator,
    devices: definition.devices ?? tensorParallel,
    tensor_parallel: tensorParallel,
    expert_parallel: null,
    engine: identity.engine,
    model: identity.model,
    model_card: card && bindCard(card, accelerator),
    settings: merged.settings,
    ...(identity.graph_sizes && { graph_sizes: identity.graph_sizes }),
    ...proposerOf(identity, log),
    features: identity.features,
    ...(identity.power && { power: identity.power, power_timing: powerTiming(identity.power) }),
    host,
    driving: null,
    simulator: identity.simulator,
    ...(definition.prompts && { prompts_digest: (await readLabPrompts(definition.prompts)).digest }),
    warnings: [...warnings, ...merged.warnings],
  };
}

/** How the server proposes tokens: its own page says it of the engine that runs now, the log of the one that started. */
function proposerOf({ proposer }: Identity, log: LogFacts | null): Pick<LiveTarget, 'proposer'> {
  if (proposer) return { proposer };
  return log?.proposer ? { proposer: { ...log.proposer, source: 'log' } } : {};
}

/** What a plan needs to know of a described target. */
export const factsOf = (target: RunTarget): TargetFacts => ({
  name: target.name,
  accelerator: target.accelerator,
  card: target.model_card,
  tensorParallel: target.tensor_parallel,
  maxLengthTokens: target.model.max_length_tokens ?? target.model_card?.max_length_tokens ?? null,
  maxNumBatchedTokens: target.settings.max_num_batched_tokens.value,
  maxNumSeqs: target.settings.max_num_seqs.value,
  kvCapacityTokens: target.settings.kv_capacity_tokens.value,
  pair: target.definition?.prefill !== undefined,
  chat: target.definition?.api === 'chat',
  power: target.power ? { ...target.power, idle_s: target.definition?.power?.idle_s ?? IDLE_S } : null,
});

/** Facts that must not change while a run lasts, nor between a run and its continuation. */
export const environmentOf = (target: RunTarget): Environment => ({
  engine: target.engine.name,
  engine_version: target.engine.version,
  model: target.model.id,
  model_root: target.model.root,
  max_length_tokens: target.model.max_length_tokens,
  accelerator: target.accelerator?.id ?? null,
  devices: target.devices,
  tensor_parallel: target.tensor_parallel,
  max_num_batched_tokens: target.settings.max_num_batched_tokens.value,
  max_num_seqs: target.settings.max_num_seqs.value,
  kv_capacity_tokens: target.settings.kv_capacity_tokens.value,
  kv_cache_dtype: target.settings.kv_cache_dtype,
  prefix_caching: target.settings.prefix_caching,
  block_size: target.settings.block_size.value,
  server_flags: serverFlags(target),
  ...powerConditions(target),
});

/** Driver and devices' settings, as far as the power source says them: by its name, since another one says other things. */
function powerConditions({ power }: RunTarget): Environment {
  if (!power) return {};
  const told = ['version', ...DEVICE_SETTINGS] as const;
  return Object.fromEntries(told.map((fact) => [`power.${power.source}.${fact}`, asText(power[fact])]));
}

const asText = (value: string | readonly (number | null)[] | null | undefined): string | null =>
  typeof value === 'string' ? value : (value?.map((one) => one ?? '?').join(' ') ?? null);

/** How a server that the run starts is started; null for others, whose flags are not known beyond the settings above. */
function serverFlags({ definition }: RunTarget): string | null {
  const serve = definition?.serve;
  if (serve === undefined) return null;
  return [...Object.entries(serve.env).map(([name, value]) => `${name}=${value}`), ...serve.argv].join(' ');
}

/**
 * Holds a target to the models that the suite is for; owner, case and suffixes such as -Instruct do not count.
 * @throws RidgeError (exit 2) when it serves another one
 */
export function requireModel(models: readonly string[] | undefined, target: LiveTarget): void {
  if (models === undefined) return;
  if (models.some((model) => plainName(model) === plainName(target.model.id))) return;
  throw new RidgeError(
    `target '${target.name}' serves ${target.model.id}; the suite is for ${models.join(', ')}`,
    {
      where: target.url,
      mend: 'Serve one of these models, or use another suite.',
    },
  );
}
