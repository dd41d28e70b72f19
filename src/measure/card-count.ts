import { activationTraffic } from '../model/activations.ts';
import type { ModelCard, WeightGroup } from '../model/card.ts';
import { expertsHit, kvShards } from '../model/quantities.ts';
import { AttentionWork } from '../roofline/step-work.ts';
import type { ServerDelta } from '../run/schema.ts';
import type { RequestTimeline } from './timeline.ts';

/** The model that a server is thought to serve, and what its steps hold. */
export interface CountedModel {
  readonly card: ModelCard;
  readonly tensor_parallel: number;
  /** Null: not known, and so is how often a prompt reads its own context. */
  readonly max_num_batched_tokens: number | null;
}

/** What a count lies between: how prompts were cut, and what an aborted request had computed, is not seen. */
export interface CountRange {
  readonly low: number;
  readonly high: number;
}

type Ends = [low: number, high: number];

/** What requests made a server compute, as far as it is known. */
interface Computed {
  /** Tokens through every layer, and those that were sampled. */
  readonly tokens: Ends;
  readonly sampled: Ends;
  /** Attention, over all devices: each token against all of its chunk's context (high) or what came before it (low). */
  readonly attentionFlop: Ends;
  readonly kvBytes: Ends;
  /** Steps that computed a part of a prompt only: no count shows them. */
  readonly silentSteps: number;
  readonly decodes: number;
}

/** Decode steps that a request may have been computed in after it was aborted. */
const UNSEEN_STEPS = 2;

/**
 * What the model card says that all requests of a cell cost a device, counted as servers count it (vLLM: `--enable-mfu-metrics`):
 * activations between GEMMs among the bytes, no causal half in the attention of prompts.
 * @returns bytes null where steps or the token budget are not known, or the card has MLA
 */
export function cardCounts(
  model: CountedModel,
  timelines: readonly RequestTimeline[],
  delta: ServerDelta,
): { readonly flop: CountRange; readonly bytes: CountRange | null } {
  const computed = computedBy(model, timelines, cachedShare(delta));
  const { card, tensor_parallel: tp } = model;
  const groups = card.weight_groups.filter(({ name }) => name !== 'embedding');
  const flop = ([0, 1] as const).map((end) => {
    const linear = groups.map((group) => flopPerUnit(group) * unitsOf(group, computed)[end]);
    return (sum(linear) + computed.attentionFlop[end]) / tp;
  });
  const bytes = bytesOf(model, groups, computed, delta);
  return { flop: range(flop), bytes: bytes && range(bytes) };
}

const range = ([low, high]: readonly number[]): CountRange => ({ low: low!, high: high! });
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function cachedShare({ prefix_cache_hits, prefix_cache_queries }: ServerDelta): number {
  return prefix_cache_hits && prefix_cache_queries ? prefix_cache_hits / prefix_cache_queries : 0;
}

const flopPerUnit = ({ parameters, experts_active = 1, experts_count = 1 }: WeightGroup): number =>
  (2 * parameters * experts_active) / experts_count;

const unitsOf = ({ name }: WeightGroup, { tokens, sampled }: Computed): Ends =>
  name === 'head' ? sampled : tokens;

function computedBy(
  { card, max_num_batched_tokens: budget }: CountedModel,
  timelines: readonly RequestTimeline[],
  cached: number,
): Computed {
  const attention = new AttentionWork(card);
  const tokens: Ends = [0, 0];
  const sampled: Ends = [0, 0];
  const attentionFlop: Ends = [0, 0];
  const kvBytes: Ends = [0, 0];
  let silentSteps = 0;
  let decodes = 0;
  for (const { input_tokens: input, chunks, outcome } of timelines) {
    const seen = sum(chunks.tokens);
    const unseen = outcome.state === 'completed' ? 0 : UNSEEN_STEPS;
    const context = cached * input;
    const prompt = input - context;
    const pieces = budget === null ? 1 : Math.ceil(prompt / budget) + 1;
    for (const end of [0, 1] as const) {
      if (end === 0 && seen === 0) continue;
      const answers = Math.max(0, seen - 1) + end * unseen;
      const middle = input + (answers + 1) / 2;
      tokens[end] += prompt + answers;
      sampled[end] += answers + (end === 0 ? 1 : pieces);
      attentionFlop[end] += attention.decodeFlop(answers, middle);
      attentionFlop[end] +=
        end === 0 ? attention.chunkFlop(prompt, context) : attention.fullFlop(prompt, input);
      const reads = end === 0 ? 1 : pieces;
      kvBytes[end] += attention.decodeBytes(answers, middle) + reads * attention.chunkBytes(prompt, input);
    }
    silentSteps += pieces;
    decodes += Math.max(0, seen - 1);
  }
  return { tokens, sampled, attentionFlop, kvBytes, silentSteps, decodes };
}

function bytesOf(
  { card, tensor_parallel: tp, max_num_batched_tokens: budget }: CountedModel,
  groups: readonly WeightGroup[],
  computed: Computed,
  { engine_steps }: ServerDelta,
): Ends | null {
  const activations = activationTraffic(card);
  if (activations === null || engine_steps === null || engine_steps === 0 || budget === null) return null;
  const { tokens, kvBytes, silentSteps, decodes } = computed;
  const steps: Ends = [engine_steps, engine_steps + silentSteps];
  // Experts that a step reads: of its decodes alone, or of all its tokens without one in common.
  const read = ({ name, experts_count: count = 1, experts_active: active = 1 }: WeightGroup): Ends => {
    if (name !== 'experts') return [1, 1];
    const most = (active * tokens[1]) / engine_steps;
    return [expertsHit(count, active, decodes / engine_steps) / count, Math.min(1, most / count)];
  };
  return ([0, 1] as const).map((end) => {
    const weights = sum(
      groups.map((group) => group.parameters * group.bytes_per_parameter * read(group)[end]),
    );
    const perToken = activations.whole + activations.sharded / tp;
    return (weights * steps[end]) / tp + tokens[end] * perToken + kvBytes[end] / kvShards(card, tp);
  }) as Ends;
}
