import type { ModelCard, WeightGroup } from '../model/card.ts';
import { attentionFlopPerPair, expertsHit, kvBytesPerTokenPerLayer, kvShards } from '../model/quantities.ts';
import { PNORM_EXPONENT, type RooflineParameters } from './parameters.ts';

/** A piece of a prompt computed in one step. */
export interface PrefillChunk {
  readonly tokens: number;
  /** Tokens of the same prompt that are in the KV cache already. */
  readonly context: number;
  /** True when the prompt ends in this step, which then samples its first token. */
  readonly completes: boolean;
}

/** What one engine step computes. */
export interface StepLoad {
  readonly prefills: readonly PrefillChunk[];
  readonly decodes: number;
  /** Mean KV length of the decoding sequences, tokens. */
  readonly decodeContext: number;
}

/** Seconds of one step, by cause. `total` is their sum: the parts run one after another. */
export interface StepTime {
  readonly linear: number;
  readonly attention: number;
  readonly network: number;
  readonly overhead: number;
  readonly total: number;
}

/** Smooth maximum of two times, overflow-safe: max·(1 + (min/max)^p)^(1/p). */
export function pnorm(a: number, b: number): number {
  const max = Math.max(a, b);
  if (max === 0) return 0;
  const ratio = Math.min(a, b) / max;
  const ratio2 = ratio * ratio;
  // PNORM_EXPONENT is 4; two multiplications and two square roots are several times faster than Math.pow.
  return max * Math.sqrt(Math.sqrt(1 + ratio2 * ratio2));
}
const _exponentIsFour: 4 = PNORM_EXPONENT;
void _exponentIsFour;

/** (query, key) pairs of a chunk in a layer that sees at most `window` tokens back. */
function chunkPairs(chunk: PrefillChunk, window: number): number {
  const start = chunk.context;
  const end = chunk.context + chunk.tokens;
  const growingEnd = Math.min(end, window);
  const growing = growingEnd > start ? ((growingEnd + start) / 2) * (growingEnd - start) : 0;
  const capped = end > window ? (end - Math.max(start, window)) * window : 0;
  return growing + capped;
}

/** Layers of the model by how far they look back: [layers, window in tokens]. */
function layerWindows(card: ModelCard): readonly (readonly [number, number])[] {
  const { attention } = card;
  if (attention.kind === 'mla' || attention.windowed_layers === 0 || attention.window_tokens === null) {
    return [[card.layers, Number.POSITIVE_INFINITY]];
  }
  return [
    [card.layers - attention.windowed_layers, Number.POSITIVE_INFINITY],
    [attention.windowed_layers, attention.window_tokens],
  ];
}

function linearSeconds(
  card: ModelCard,
  p: RooflineParameters,
  tp: number,
  tokens: number,
  sampled: number,
): number {
  let seconds = 0;
  for (const group of card.weight_groups) {
    const work = groupWork(group, tokens, sampled);
    if (work.flop === 0) continue;
    seconds += pnorm(
      work.flop / (tp * p.gemm_flop_per_s * group.compute_ratio),
      work.bytes / (tp * p.memory_bytes_per_s),
    );
  }
  return seconds;
}

/** FLOP and weight bytes that a step of `tokens` tokens, `sampled` of them sampled, takes from one weight group. */
export function groupWork(
  group: WeightGroup,
  tokens: number,
  sampled: number,
): { flop: number; bytes: number } {
  const allBytes = group.parameters * group.bytes_per_parameter;
  switch (group.name) {
    case 'embedding':
      return { flop: 0, bytes: 0 };
    case 'head':
      return sampled > 0 ? { flop: 2 * group.parameters * sampled, bytes: allBytes } : { flop: 0, bytes: 0 };
    case 'dense':
      return { flop: 2 * group.parameters * tokens, bytes: allBytes };
    case 'experts': {
      const count = group.experts_count ?? 1;
      const active = group.experts_active ?? count;
      return {
        flop: 2 * group.parameters * (active / count) * tokens,
        bytes: (allBytes * expertsHit(count, active, tokens)) / count,
      };
    }
  }
}

/** FLOP of attention and KV bytes read and written in one step, over all devices and before sharding. */
export function attentionWork(
  card: ModelCard,
  load: StepLoad,
  tokens: number,
): { flop: number; bytes: number } {
  const prefillFlop = attentionFlopPerPair(card, 'prefill');
  const decodeFlop = attentionFlopPerPair(card, 'decode');
  const kvLayer = kvBytesPerTokenPerLayer(card);
  let flop = 0;
  let bytes = tokens * card.layers * kvLayer;
  for (const [layers, window] of layerWindows(card)) {
    const decodeKv = load.decodes * Math.min(load.decodeContext, window);
    flop += layers * decodeFlop * decodeKv;
    bytes += layers * kvLayer * decodeKv;
    for (const chunk of load.prefills) {
      flop += layers * prefillFlop * chunkPairs(chunk, window);
      bytes += layers * kvLayer * Math.min(chunk.context, window);
    }
  }
  return { flop, bytes };
}

/**
 * Time of one engine step (performance-model section 3): one serial roofline for prefill, decode and mixed steps.
 * @param tp tensor parallel size
 * @returns seconds by cause
 */
export function stepTime(card: ModelCard, p: RooflineParameters, tp: number, load: StepLoad): StepTime {
  let tokens = load.decodes;
  let sampled = load.decodes;
  for (const chunk of load.prefills) {
    tokens += chunk.tokens;
    if (chunk.completes) sampled += 1;
  }
  const linear = linearSeconds(card, p, tp, tokens, sampled);
  const work = attentionWork(card, load, tokens);
  const attention = pnorm(
    work.flop / (tp * p.attention_flop_per_s),
    work.bytes / (kvShards(card, tp) * p.memory_bytes_per_s),
  );
  const network = tp > 1 ? allReduceSeconds(card, p, tp, tokens) : 0;
  const overhead = p.step_overhead_s + p.sequence_overhead_s * (load.decodes + load.prefills.length);
  return { linear, attention, network, overhead, total: linear + attention + network + overhead };
}

/** Two ring all-reduces a layer: latency plus 2(tp − 1)/tp of the message over the link, one direction. */
function allReduceSeconds(card: ModelCard, p: RooflineParameters, tp: number, tokens: number): number {
  const messageBytes = tokens * card.hidden_size * card.activation_bytes_per_element;
  const ring = ((2 * (tp - 1)) / tp) * (messageBytes / p.link_bytes_per_s);
  return 2 * card.layers * (p.all_reduce_latency_s + ring);
}
