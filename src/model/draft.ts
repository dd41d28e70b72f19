import type { ModelCard, WeightGroup } from './card.ts';

/**
 * A model's card with another one that proposes tokens for it, as a group of its own: all that the draft reads for a token,
 * `passes` times in every step. Its KV cache and its pass over prompts are left out.
 */
export function withDraft(card: ModelCard, draft: ModelCard, passes: number): ModelCard {
  const read = draft.weight_groups.filter(({ name }) => name !== 'embedding');
  const parameters = read.reduce((sum, group) => sum + active(group), 0);
  const bytes = read.reduce((sum, group) => sum + active(group) * group.bytes_per_parameter, 0);
  const [first] = read;
  if (first === undefined) return card;
  const group: WeightGroup = {
    name: 'draft',
    parameters,
    bytes_per_parameter: bytes / parameters,
    weight_format: first.weight_format,
    compute_format: first.compute_format,
    compute_ratio: first.compute_ratio,
    passes,
  };
  return { ...card, weight_groups: [...card.weight_groups, group] };
}

const active = ({ parameters, experts_active = 1, experts_count = 1 }: WeightGroup): number =>
  (parameters * experts_active) / experts_count;
