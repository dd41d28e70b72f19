import type { ModelCard } from '../model/card.ts';
import { canonicalJson } from '../stats/canonical-json.ts';

/**
 * What a step depends on. A served name is no part of it, nor the server's limit on lengths, nor the ratio of peaks, which
 * is the accelerator's.
 */
function contentOf(card: ModelCard): Record<string, unknown> {
  const { id: _id, max_length_tokens: _length, weight_groups, ...content } = card;
  return { ...content, weight_groups: weight_groups.map(({ compute_ratio: _ratio, ...group }) => group) };
}

/** Keys of the model card in which two models differ, whatever they are called; empty for the same model. */
export function modelDifferences(one: ModelCard, other: ModelCard): string[] {
  const [left, right] = [contentOf(one), contentOf(other)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(
    (key) => canonicalJson(left[key] ?? null) !== canonicalJson(right[key] ?? null),
  );
}
