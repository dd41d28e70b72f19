/** Number formats of weights, and the formats that matrix units multiply in. */
export type WeightFormat = 'fp32' | 'bf16' | 'fp8' | 'int8' | 'mxfp4' | 'nvfp4' | 'int4';
export type ComputeFormat = 'fp32' | 'bf16' | 'fp8' | 'fp4';

/**
 * Weights that a step reads together. `parameters` counts every resident parameter of the group over all layers.
 * - `dense`: attention projections, dense MLPs, shared experts, routers; used by every token. Two such groups, the
 *   larger first, where a checkpoint keeps part of them in another format
 * - `experts`: routed experts; a token uses `experts_active` of `experts_count`
 * - `head`: the output projection; used once per sampled token
 * - `embedding`: resident, looked up, costs no step time
 */
export interface WeightGroup {
  readonly name: 'dense' | 'experts' | 'head' | 'embedding';
  readonly parameters: number;
  readonly bytes_per_parameter: number;
  readonly weight_format: WeightFormat;
  /** Format in which this group's GEMMs run; weight-only formats multiply in bf16. */
  readonly compute_format: ComputeFormat;
  /** Speed of this group's GEMMs relative to the dense group's (ratio of dense peaks). */
  readonly compute_ratio: number;
  readonly experts_count?: number | undefined;
  readonly experts_active?: number | undefined;
}

/** Grouped-query attention (multi-head and multi-query included), with layers that see a sliding window only. */
export interface GroupedQueryAttention {
  readonly kind: 'gqa';
  readonly query_heads: number;
  readonly kv_heads: number;
  readonly head_size: number;
  /** Layers with a window, and its length in tokens; all other layers see the whole context. */
  readonly windowed_layers: number;
  readonly window_tokens: number | null;
}

/** Multi-head latent attention (DeepSeek): one compressed KV vector per token, replicated over tensor-parallel ranks. */
export interface LatentAttention {
  readonly kind: 'mla';
  readonly query_heads: number;
  readonly kv_rank: number;
  readonly rope_head_size: number;
  readonly nope_head_size: number;
  readonly value_head_size: number;
}

export type Attention = GroupedQueryAttention | LatentAttention;

/**
 * Architecture facts of a model as it is served: what a step multiplies, reads and keeps.
 * Stored in run records and fit files as it stands here.
 */
export interface ModelCard {
  readonly id: string;
  readonly layers: number;
  readonly hidden_size: number;
  readonly vocabulary_size: number;
  readonly attention: Attention;
  readonly weight_groups: readonly WeightGroup[];
  /** Format of most of the weights; names the precision of a fit. */
  readonly precision: WeightFormat;
  /** Format in which the first dense group's GEMMs run; the reference for `compute_ratio`. */
  readonly compute_format: ComputeFormat;
  readonly kv_bytes_per_element: number;
  readonly activation_bytes_per_element: number;
  readonly max_length_tokens: number | null;
  /** The model that proposes tokens for it where its server speculates; absent: none is known. */
  readonly draft?: ModelCard | undefined;
}
