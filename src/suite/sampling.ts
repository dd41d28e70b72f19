import type { ModelCard } from '../model/card.ts';
import type { Protocol } from './schema.ts';

export type PromptKind = NonNullable<Protocol['prompt']>;

/** What requests read and how their tokens are chosen: part of what a cell, and a fit, is. */
export interface Sampling {
  readonly prompt: PromptKind;
  readonly temperature: number;
}

/** Names the text that `text_ids` prompts are made of. */
export const TEXT_EDITION = 'public_domain_1';

/** Whether a token goes through some of many experts. */
export const routesTokens = (card: ModelCard | null): boolean =>
  card?.weight_groups.some(({ name }) => name === 'experts') ?? false;

/**
 * The sampling of a target's requests: the suite's word, else by the model. A mixture of experts is as fast as its routing
 * is even, which random ids and greedy decoding are not: it reads text and samples at temperature 1 (with a seed).
 */
export function samplingOf(
  { prompt, temperature }: Pick<Protocol, 'prompt' | 'temperature'>,
  card: ModelCard | null,
): Sampling {
  const routes = routesTokens(card);
  return {
    prompt: prompt ?? (routes ? 'text_ids' : 'random_ids'),
    temperature: temperature ?? (routes ? 1 : 0),
  };
}
