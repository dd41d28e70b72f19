import type { Fit } from '../fitfile/schema.ts';
import { formatNumber } from '../report/format.ts';

type Draft = NonNullable<Fit['draft']>;

/** How cells speculated, and what of the draft's cost is fitted. */
export function speculationText({ draft, model_card }: Pick<Fit, 'draft' | 'model_card'>): string[] {
  if (draft === undefined) return [];
  const beside = model_card.draft ? ` beside ${model_card.draft.id}'s weights and KV` : '';
  return [
    `speculative decoding: ${range(draft.draft_tokens)} proposed tokens, ${range(draft.acceptance)} of them accepted; a proposal costs draft_pass${beside}, and draft_sequence for each sequence`,
    ...proposersText(draft, model_card.draft !== undefined),
  ];
}

function range([low, high]: readonly [number, number]): string {
  const ends = [...new Set([low, high].map((value) => formatNumber(value)))];
  return ends.join(' to ');
}

/** What servers say of who proposes, and what a model's card would add. */
function proposersText({ proposers = [] }: Draft, known: boolean): string[] {
  if (proposers.length === 0) return [];
  const said = proposers.map(({ method, model, draft_tokens }) => {
    const who = [method ?? 'a method that is not said', ...(model === null ? [] : [model])].join(' ');
    return draft_tokens === null ? who : `${who}, ${draft_tokens} tokens`;
  });
  const hint =
    known || proposers.every(({ model }) => model === null)
      ? ''
      : '. --draft MODEL prices its weights and KV apart';
  return [`proposed by, as the server says: ${said.join('; ')}${hint}`];
}
