import { activationTraffic } from '../model/activations.ts';
import type { ModelCard } from '../model/card.ts';
import { attentionFlopPerPair, kvBytesPerTokenPerLayer, kvShards } from '../model/quantities.ts';
import type { PrefillChunk, StepLoad } from '../roofline/step.ts';

/** What an engine thinks that one device computed and moved so far. */
export interface Estimates {
  flop: number;
  readBytes: number;
  writeBytes: number;
}

/**
 * Counts steps as vLLM does with `--enable-mfu-metrics`: every token of a chunk against all of its context (no causal half),
 * the head for each sequence of a step and its weights in every step, each expert that tokens could reach, activations
 * between GEMMs (of MLA none, and its windows whole).
 */
export function createEstimates(
  card: ModelCard,
  tensorParallel: number,
  decodeTokens = 1,
): (totals: Estimates, load: StepLoad) => void {
  const groups = card.weight_groups.filter(({ name }) => name !== 'embedding');
  const pair = attentionFlopPerPair(card, 'prefill');
  const kv = kvBytesPerTokenPerLayer(card);
  const activations = activationTraffic(card) ?? { whole: 0, sharded: 0 };
  const perToken = activations.whole + activations.sharded / tensorParallel;
  const seen = contextOf(card);
  return (totals, { prefills, decodes: sequences, decodeContext }) => {
    const decodes = decodeTokens * sequences;
    const prompts = sum(prefills, ({ tokens }) => tokens);
    const tokens = prompts + decodes;
    const context = sum(prefills, (chunk) => seen(end(chunk))) + sequences * seen(decodeContext);
    const pairs = sum(prefills, (chunk) => chunk.tokens * seen(end(chunk))) + decodes * seen(decodeContext);
    let flop = pair * pairs;
    let weights = 0;
    for (const group of groups) {
      const { experts_count: count = 1, experts_active: active = 1 } = group;
      const units = group.name === 'head' ? prefills.length + decodes : tokens;
      flop += (2 * group.parameters * active * units) / count;
      const read = group.name === 'experts' ? Math.min(1, (active * tokens) / count) : 1;
      weights += group.parameters * group.bytes_per_parameter * read;
    }
    const shards = kvShards(card, tensorParallel);
    totals.flop += flop / tensorParallel;
    totals.readBytes += weights / tensorParallel + (kv * context) / shards + (tokens * perToken) / 2;
    totals.writeBytes += (kv * card.layers * tokens) / shards + (tokens * perToken) / 2;
  };
}

const end = ({ context, tokens }: PrefillChunk): number => context + tokens;

/** Keys that a token sees in all layers together. */
function contextOf({ layers, attention }: ModelCard): (context: number) => number {
  if (attention.kind === 'mla' || attention.window_tokens === null) return (context) => layers * context;
  const { windowed_layers: windowed, window_tokens: window } = attention;
  return (context) => (layers - windowed) * context + windowed * Math.min(context, window);
}

const sum = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((total, value) => total + of(value), 0);
