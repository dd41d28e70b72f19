import { BUILT_IN_CONFIGS } from './built-in.ts';
import type { ModelCard } from './card.ts';
import { type CardOverrides, cardFromConfig } from './from-config.ts';

/** Served names differ in owner, case and suffix; the weights do not. */
export function plainName(id: string): string {
  return id
    .toLowerCase()
    .replace(/^.*[/\\](?=[^/\\])/, '')
    .replace(/^meta-/, '')
    .replace(/-(instruct|it|hf|chat)(-\d{4})?(?=-|$)/g, '')
    .replace(/-v0\.\d$/, '')
    .replace(/-fp8-(dynamic|block)$/, '-fp8');
}

/** Short names of the built-in cards. */
export const builtInModels = (): string[] => Object.keys(BUILT_IN_CONFIGS);

/**
 * Card of a well-known model by its served id or short name (`llama-3.1-8b`, `Qwen/Qwen3-32B`, `random/small`).
 * @returns null when the model is not built in
 */
export function builtInCard(id: string, overrides: CardOverrides = {}): ModelCard | null {
  const key = [id, plainName(id)].find((name) => Object.hasOwn(BUILT_IN_CONFIGS, name));
  return key === undefined ? null : cardFromConfig(id, BUILT_IN_CONFIGS[key], overrides);
}
