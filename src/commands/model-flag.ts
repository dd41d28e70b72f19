import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { RidgeError } from '../errors.ts';
import type { BuiltInConfig } from '../model/built-in/decoder.ts';
import type { ModelCard } from '../model/card.ts';
import { builtInModels } from '../model/cards.ts';
import { cardFromConfig } from '../model/from-config.ts';
import { SERVED_PRECISIONS, splitName } from '../model/names.ts';
import { servedCard, withPrecision } from '../model/served-card.ts';
import { readUserFile } from '../suite/load-file.ts';
import { oneOfFlag } from './flags.ts';

/**
 * The card of `--model`: a `config.json`, or the name of a built-in model.
 * @param given `--precision`; undefined: as the config or the name says
 * @param flag where the model stands, for errors
 * @throws RidgeError (exit 2) when there is no such model, or none in that precision
 */
export async function modelFlag(
  model: string,
  given: string | undefined,
  flag: 'model' | 'draft' = 'model',
): Promise<ModelCard> {
  const precision = given === undefined ? null : oneOfFlag('precision', given, SERVED_PRECISIONS);
  if (!existsSync(model)) {
    const card = servedCard(model, { precision });
    if (card !== null) return card;
    throw new RidgeError(`--${flag}: no such file, and no built-in model '${model}' in that precision`, {
      mend: `Give the path of a config.json, or one of ${builtInModels().slice(0, 4).join(', ')} ...`,
    });
  }
  const config = jsonOf(await readUserFile(model, 'config.json'));
  const id =
    basename(model) === 'config.json' ? basename(dirname(model)) || 'model' : basename(model, '.json');
  if (precision === null || config === null) return cardFromConfig(id, config);
  const served = withPrecision(config as BuiltInConfig, splitName(id), precision);
  if (served !== null) return cardFromConfig(id, served);
  throw new RidgeError(`--precision: there is no ${precision} checkpoint of such a model`, { where: model });
}

/** Null where a text is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
