import { readFile } from 'node:fs/promises';
import type { Identity } from '../agent/protocol.ts';
import { RidgeError } from '../errors.ts';
import type { ModelCard } from '../model/card.ts';
import { builtInCard } from '../model/cards.ts';
import { type CardOverrides, cardFromConfig } from '../model/from-config.ts';

/**
 * Card of the model that a target serves: from the lab's `model_config` file, else the served root's config.json, else
 * a built-in card by model id.
 * @returns null when none of these knows the model
 * @throws RidgeError (exit 2) when the lab names a file that is missing or no config.json
 */
export async function resolveModelCard(
  configFile: string | undefined,
  identity: Pick<Identity, 'model' | 'settings' | 'model_config'>,
): Promise<ModelCard | null> {
  const { model, settings } = identity;
  const overrides: CardOverrides = {
    kvCacheDtype: settings.kv_cache_dtype,
    maxLengthTokens: model.max_length_tokens,
  };
  if (configFile !== undefined) return readModelCard(model.id, configFile, overrides);
  if (identity.model_config) return cardFromConfig(model.id, identity.model_config, overrides);
  return builtInCard(model.id, overrides) ?? (model.root ? builtInCard(model.root, overrides) : null);
}

/** Card from a config.json on this machine, see `resolveModelCard`. */
export async function readModelCard(
  id: string,
  file: string,
  overrides: CardOverrides = {},
): Promise<ModelCard> {
  return cardFromConfig(id, await readConfig(file), overrides);
}

async function readConfig(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new RidgeError(missing ? 'no such file (model_config)' : 'model_config is not a JSON file', {
      where: file,
      mend: "Give the path of the model's config.json.",
      cause,
    });
  }
}
