import { BUILT_IN_CONFIGS } from './built-in.ts';
import type { ModelCard } from './card.ts';
import type { CardOverrides } from './from-config.ts';
import { servedCard } from './served-card.ts';

export { plainName } from './names.ts';

/** Short names of the built-in cards; each takes a precision as suffix (`llama-3.1-70b-fp8`). */
export const builtInModels = (): string[] => Object.keys(BUILT_IN_CONFIGS);

/**
 * Card of a well-known model by its served id or short name (`llama-3.1-8b`, `Qwen/Qwen3-32B`, `random/small`).
 * @returns null when the model is not built in
 */
export const builtInCard = (id: string, overrides: CardOverrides = {}): ModelCard | null =>
  servedCard(id, overrides);
