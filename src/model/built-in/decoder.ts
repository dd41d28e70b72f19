/** Architecture constants in the layout of a `config.json`. */
export type BuiltInConfig = Readonly<Record<string, unknown>>;

/** Layers, hidden size, MLP width, query heads, KV heads, vocabulary. */
export type Shape = readonly [
  layers: number,
  hidden: number,
  width: number,
  heads: number,
  kvHeads: number,
  vocabulary: number,
];

/** A decoder's constants; whatever the six numbers do not say goes into `more`, by its `config.json` key. */
export function decoder(modelType: string, shape: Shape, more: BuiltInConfig = {}): BuiltInConfig {
  const [layers, hidden, width, heads, kvHeads, vocabulary] = shape;
  return {
    model_type: modelType,
    num_hidden_layers: layers,
    hidden_size: hidden,
    intermediate_size: width,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    vocab_size: vocabulary,
    tie_word_embeddings: false,
    ...more,
  };
}
