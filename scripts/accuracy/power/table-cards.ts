import { parse } from 'csv-parse/sync';
import type { ModelCard, WeightGroup } from '../../../src/model/card.ts';
import { textOf } from '../data-files.ts';

type Row = Readonly<Record<string, string>>;

const BF16 = {
  bytes_per_parameter: 2,
  weight_format: 'bf16',
  compute_format: 'bf16',
  compute_ratio: 1,
} as const;
const group = (
  name: WeightGroup['name'],
  parameters: number,
  rest: Partial<WeightGroup> = {},
): WeightGroup => ({
  name,
  parameters,
  ...BF16,
  ...rest,
});

/** The file says base models; rows were measured with their instruction-tuned copies, which have the same shape. */
const base = (model: string): string => model.replace(/^(meta-llama\/Meta-Llama-3\.1-\d+B)-Instruct$/, '$1');

const cards = new Map<string, ModelCard>();

/** The card of a model of the table of architectures, served in bf16. */
export function tableCard(model: string): ModelCard {
  if (cards.size === 0) {
    // A source in the last column may hold a comma.
    for (const row of parse(textOf('models'), { columns: true, relax_column_count_more: true }) as Row[])
      cards.set(row.model!, cardOf(row));
  }
  const card = cards.get(base(model));
  if (card === undefined) throw new Error(`no architecture of ${model}`);
  return card;
}

function cardOf(row: Row): ModelCard {
  const number = (name: string): number => Number(row[name]);
  const [layers, hidden, heads] = [
    number('num_hidden_layers'),
    number('hidden_size'),
    number('num_attention_heads'),
  ];
  const [kvHeads, headSize] = [number('num_key_value_heads'), number('head_dim')];
  const vocabulary = number('vocab_size');
  const attention = layers * hidden * headSize * (2 * heads + 2 * kvHeads);
  const mlp = layers * hidden * number('intermediate_size') * (row.mlp === 'gated' ? 3 : 2);
  const experts = number('num_local_experts') || 1;
  const groups =
    experts === 1
      ? [group('dense', attention + mlp)]
      : [
          group('dense', attention),
          group('experts', mlp * experts, {
            experts_count: experts,
            experts_active: number('num_experts_per_tok'),
          }),
        ];
  const tied = row.tie_word_embeddings === 'true';
  return {
    id: row.model!,
    layers,
    hidden_size: hidden,
    vocabulary_size: vocabulary,
    attention: {
      kind: 'gqa',
      query_heads: heads,
      kv_heads: kvHeads,
      head_size: headSize,
      windowed_layers: number('sliding_layers') || 0,
      window_tokens: number('sliding_window') || null,
    },
    weight_groups: [
      ...groups,
      group('head', hidden * vocabulary),
      ...(tied ? [] : [group('embedding', hidden * vocabulary)]),
    ],
    precision: 'bf16',
    compute_format: 'bf16',
    kv_bytes_per_element: 2,
    activation_bytes_per_element: 2,
    max_length_tokens: null,
  };
}
