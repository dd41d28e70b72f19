import type { ModelCard, WeightGroup } from './card.ts';

/** A model's card with another one that proposes tokens for it. */
export const withDraft = (card: ModelCard, draft: ModelCard): ModelCard => ({
  ...card,
  draft,
});

/** How often a step reads a draft's weights, and for what. */
export interface DraftPass {
  readonly group: WeightGroup;
  /** The first pass computes all tokens of a step, for the draft's own KV cache; the others one of each sequence. */
  readonly per: 'token' | 'sequence';
  readonly count: number;
}

/** What a draft reads to propose `draftTokens` tokens, one after another, or as many on average; empty where the card has none. */
export function draftPasses({ draft }: ModelCard, draftTokens: number): DraftPass[] {
  const group = draft && draftTokens > 0 ? draftGroup(draft) : null;
  if (group === null) return [];
  const first = { group, per: 'token', count: Math.min(1, draftTokens) } as const;
  return draftTokens <= 1 ? [first] : [first, { group, per: 'sequence', count: draftTokens - 1 }];
}

/** All that a draft reads for a token, as one group; null where its card has no weights. */
function draftGroup(draft: ModelCard): WeightGroup | null {
  const read = draft.weight_groups.filter(({ name }) => name !== 'embedding');
  const [first] = read;
  if (first === undefined) return null;
  const parameters = read.reduce((sum, group) => sum + active(group), 0);
  const bytes = read.reduce((sum, group) => sum + active(group) * group.bytes_per_parameter, 0);
  return { ...first, name: 'dense', parameters, bytes_per_parameter: bytes / parameters };
}

const active = ({ parameters, experts_active = 1, experts_count = 1 }: WeightGroup): number =>
  (parameters * experts_active) / experts_count;
