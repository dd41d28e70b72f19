import type { Attention } from './card.ts';
import type { ModelConfig } from './config-schema.ts';

/** MLPs with two matrices instead of three. */
const PLAIN_MLP = [
  'starcoder2',
  'bloom',
  'gpt2',
  'gpt_neox',
  'gpt_bigcode',
  'falcon',
  'opt',
  'phi',
  'nemotron',
];
/** Families whose output projection is the embedding unless the file says otherwise. */
const TIED = ['gemma', 'gemma2', 'gemma3', 'gemma3_text', 'starcoder2', 'bloom', 'gpt2', 'falcon', 'opt'];

const isFamily = (config: ModelConfig, families: readonly string[]): boolean =>
  families.includes(config.model_type ?? '');

export const isTied = (config: ModelConfig): boolean => config.tie_word_embeddings ?? isFamily(config, TIED);

export const mlpParameters = (config: ModelConfig, width: number): number =>
  (isFamily(config, PLAIN_MLP) ? 2 : 3) * config.hidden_size * width;

export const headSize = (config: ModelConfig): number =>
  config.head_dim || Math.floor(config.hidden_size / config.num_attention_heads);

/** A linear layer of the attention block by its name in checkpoints, and its parameters in one layer. */
export interface Projection {
  readonly name: string;
  readonly parameters: number;
}

/** One layer's attention projections; biases and norms are left out (below 0.1 %). */
export function attentionProjections(config: ModelConfig): readonly Projection[] {
  const h = config.hidden_size;
  const heads = config.num_attention_heads;
  if (config.kv_lora_rank) {
    const nope = config.qk_nope_head_dim ?? 0;
    const rope = config.qk_rope_head_dim ?? 0;
    const value = config.v_head_dim ?? nope;
    const rank = config.kv_lora_rank;
    const queryWidth = heads * (nope + rope);
    return [
      ...(config.q_lora_rank
        ? [
            { name: 'q_a_proj', parameters: h * config.q_lora_rank },
            { name: 'q_b_proj', parameters: config.q_lora_rank * queryWidth },
          ]
        : [{ name: 'q_proj', parameters: h * queryWidth }]),
      { name: 'kv_a_proj_with_mqa', parameters: h * (rank + rope) },
      { name: 'kv_b_proj', parameters: rank * heads * (nope + value) },
      { name: 'o_proj', parameters: heads * value * h },
    ];
  }
  const query = h * heads * headSize(config);
  const keyValue = h * (config.num_key_value_heads || heads) * headSize(config);
  return [
    { name: 'q_proj', parameters: query },
    { name: 'k_proj', parameters: keyValue },
    { name: 'v_proj', parameters: keyValue },
    { name: 'o_proj', parameters: query },
  ];
}

/** Layers that see a window only, and its length. */
function windows(config: ModelConfig): { layers: number; tokens: number | null } {
  const tokens = config.sliding_window || null;
  const layers = config.num_hidden_layers;
  if (tokens === null || config.use_sliding_window === false) return { layers: 0, tokens: null };
  if (config.layer_types?.length) {
    const sliding = config.layer_types.filter((type) => type === 'sliding_attention').length;
    return { layers: sliding, tokens: sliding > 0 ? tokens : null };
  }
  if (config.model_type === 'gemma2') return { layers: Math.ceil(layers / 2), tokens };
  if (config.model_type?.startsWith('gemma3')) {
    const pattern = config.sliding_window_pattern || 6;
    return { layers: layers - Math.floor(layers / pattern), tokens };
  }
  if (config.use_sliding_window === true && config.max_window_layers != null) {
    const sliding = Math.max(0, layers - config.max_window_layers);
    return { layers: sliding, tokens: sliding > 0 ? tokens : null };
  }
  return { layers, tokens };
}

export function attentionOf(config: ModelConfig): Attention {
  if (config.kv_lora_rank) {
    const nope = config.qk_nope_head_dim ?? 0;
    return {
      kind: 'mla',
      query_heads: config.num_attention_heads,
      kv_rank: config.kv_lora_rank,
      rope_head_size: config.qk_rope_head_dim ?? 0,
      nope_head_size: nope,
      value_head_size: config.v_head_dim ?? nope,
    };
  }
  const window = windows(config);
  return {
    kind: 'gqa',
    query_heads: config.num_attention_heads,
    kv_heads: config.num_key_value_heads || config.num_attention_heads,
    head_size: headSize(config),
    windowed_layers: window.layers,
    window_tokens: window.tokens,
  };
}

export interface Experts {
  readonly count: number;
  readonly active: number;
  readonly layers: number;
  /** Parameters of one expert in one layer. */
  readonly parameters: number;
  /** Parameters of the shared experts in one layer; every token uses them. */
  readonly sharedParameters: number;
}

/** The routed experts; null for a dense model. Multi-token-prediction modules are extra layers and are not counted. */
export function expertsOf(config: ModelConfig): Experts | null {
  const count = config.n_routed_experts || config.num_local_experts || config.num_experts || 0;
  const active = config.num_experts_per_tok || config.experts_per_token || 0;
  if (count < 2 || active < 1) return null;
  const width = config.moe_intermediate_size || config.intermediate_size || 0;
  const shared =
    (config.n_shared_experts ?? 0) * width +
    (config.shared_expert_intermediate_size ?? 0) +
    (config.shared_intermediate_size ?? 0);
  return {
    count,
    active,
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => layer).filter((layer) =>
      isExpertLayer(config, layer),
    ).length,
    parameters: mlpParameters(config, width),
    sharedParameters: mlpParameters(config, shared),
  };
}

function isExpertLayer(config: ModelConfig, layer: number): boolean {
  if (layer < (config.first_k_dense_replace ?? 0)) return false;
  if (config.mlp_only_layers?.includes(layer)) return false;
  if (Array.isArray(config.moe_layer_freq)) return config.moe_layer_freq[layer] !== 0;
  const every = config.decoder_sparse_step || config.moe_layer_freq || 1;
  return config.decoder_sparse_step ? (layer + 1) % every === 0 : layer % every === 0;
}
