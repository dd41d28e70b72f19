import type { ModelCard } from './card.ts';

/** KV cache bytes of one token in one layer (performance-model: 2·n_kv·d·b for GQA, (c + d_r)·b for MLA). */
export function kvBytesPerTokenPerLayer(card: ModelCard): number {
  const { attention } = card;
  const elements =
    attention.kind === 'gqa'
      ? 2 * attention.kv_heads * attention.head_size
      : attention.kv_rank + attention.rope_head_size;
  return elements * card.kv_bytes_per_element;
}

/**
 * KV cache bytes of one token over all layers, before sharding; layers with a window count like the others.
 * vLLM prints its capacity in such tokens (gpt-oss-120b: 73 728 bytes each), and so it allocates wherever its hybrid cache
 * manager is off. With the manager on, which is the default, blocks that left the window are freed: a sequence much
 * longer than the window then holds little more than its full layers' share, and `num_gpu_blocks` × block size comes
 * out at twice this capacity for gpt-oss. The figure from memory is the safe side; the engine's own wins.
 */
export const kvBytesPerToken = (card: ModelCard): number => card.layers * kvBytesPerTokenPerLayer(card);

/** Over how many devices the KV cache is really split: MLA is replicated, GQA at most once per KV head. */
export function kvShards(card: ModelCard, tensorParallel: number): number {
  return card.attention.kind === 'mla' ? 1 : Math.min(tensorParallel, card.attention.kv_heads);
}

/** Attention FLOP per (query token, key token) pair in one layer; decode of MLA uses the absorbed form. */
export function attentionFlopPerPair(card: ModelCard, phase: 'prefill' | 'decode'): number {
  const { attention } = card;
  if (attention.kind === 'gqa') return 4 * attention.query_heads * attention.head_size;
  const perHead =
    phase === 'prefill'
      ? attention.nope_head_size + attention.rope_head_size + attention.value_head_size
      : 2 * attention.kv_rank + attention.rope_head_size;
  return 2 * attention.query_heads * perHead;
}

/**
 * ln(1 − k/E): the chance that one token misses a given expert, as the exponent that `expertsHitByLog` takes.
 * Finite also where every expert is active, so that no tokens still hit none.
 */
export function missLogarithm(experts: number, active: number): number {
  return Math.max(Math.log1p(-active / experts), -Number.MAX_VALUE);
}

/** Experts hit by `effectiveTokens` tokens, for hot loops that keep `missLogarithm` at hand. */
export function expertsHitByLog(experts: number, missLog: number, effectiveTokens: number): number {
  return -experts * Math.expm1(effectiveTokens * missLog);
}

/**
 * Experts of one layer that a step of `tokens` tokens touches: E·(1 − (1 − k/E)^T) (performance-model section 2.2).
 * @param skew φ, 0 < φ ≤ 1: with skewed routing every token after the first counts as φ tokens of uniform routing, since
 *   a single token hits its k experts however skewed the routing is; 1 is uniform routing
 */
export function expertsHit(experts: number, active: number, tokens: number, skew = 1): number {
  const effective = tokens <= 1 ? tokens : 1 + skew * (tokens - 1);
  return expertsHitByLog(experts, missLogarithm(experts, active), effective);
}

/** Bytes of all resident weights, over all devices; a draft's are not in it. */
export function weightBytes(card: ModelCard): number {
  return card.weight_groups.reduce((sum, group) => sum + group.parameters * group.bytes_per_parameter, 0);
}

/** Parameters of the whole model. */
export const parameterCount = (card: ModelCard): number =>
  card.weight_groups.reduce((sum, group) => sum + group.parameters, 0);

/** Memory that an engine keeps per device besides weights and KV (activations, graphs, buffers); measured, see the H200 rows. */
const ENGINE_OVERHEAD_BYTES_PER_DEVICE = 3.0e9;

/**
 * KV capacity in tokens of a server, from first principles (performance-model section 2.2):
 * s/tp·(util·memory·tp − weights − overhead·tp)/kv_per_token, a draft's weights and KV included. Prefer the engine's own
 * figure where it is exposed.
 * @returns tokens, 0 when the weights do not fit
 */
export function kvCapacityTokens(
  card: ModelCard,
  deviceMemoryBytes: number,
  tensorParallel: number,
  memoryUtilisation = 0.9,
): number {
  const free =
    memoryUtilisation * deviceMemoryBytes * tensorParallel -
    weightBytes(card) -
    (card.draft ? weightBytes(card.draft) : 0) -
    ENGINE_OVERHEAD_BYTES_PER_DEVICE * tensorParallel;
  const perToken = kvBytesPerToken(card) + (card.draft ? kvBytesPerToken(card.draft) : 0);
  const tokens = ((kvShards(card, tensorParallel) / tensorParallel) * free) / perToken;
  return Math.max(0, Math.floor(tokens));
}
