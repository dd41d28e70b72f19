import type { Accelerator } from '../../accelerator/accelerator.ts';
import { type ResidualTable, withTable } from '../../fit/residual-table.ts';
import type { ModelCard } from '../../model/card.ts';
import { kvBytesPerToken } from '../../model/quantities.ts';
import type { Padding } from '../../roofline/padding.ts';
import type { RooflineParameters } from '../../roofline/parameters.ts';
import type { Speculation } from '../../roofline/speculation.ts';
import { StepPricer } from '../../roofline/step-pricer.ts';
import { promptsWithin, type StepRules } from '../../roofline/step-rules.ts';
import { AttentionWork } from '../../roofline/step-work.ts';
import type { TailTraits } from '../../roofline/tails.ts';
import type { MixedSteps, Origin, PhaseSource } from '../phase-source.ts';
import { cachedOf } from '../workload.ts';

/** A device as the roofline knows it, but for its parameters. */
export interface RooflineDevice extends StepRules {
  readonly accelerator: Accelerator;
  readonly card: ModelCard;
  readonly origin: Origin;
  readonly label: string;
  readonly tp_sizes: readonly number[];
  readonly seats: number;
  /** Most sequences that were measured together; null: nothing was measured. */
  readonly measured_batch: number | null;
  readonly residual_table: ResidualTable | null;
  /** What its steps are padded to; absent: nothing. */
  readonly padding?: Padding | undefined;
  /** Absent: every step gives a sequence one token. The card has the draft. */
  readonly speculation?: Speculation | undefined;
  /** Tokens at the beginning of every prompt that are not computed; default 0. */
  readonly cached_input?: number | undefined;
  /** What percentiles showed of its steps; absent: nothing. */
  readonly slow?: (StepRules & { readonly traits: TailTraits }) | undefined;
  kvCapacityTokens(tp: number): number;
}

/** What the model misses of each phase, as factors on its time; of a decode step by its batch. */
export interface Misfit {
  readonly prefill: number;
  decode(batch: number): number;
}

const NO_MISFIT: Misfit = { prefill: 1, decode: () => 1 };

/** Seconds of a step: a piece of prompts, and decodes at a mean context. */
type StepSeconds = (tp: number, chunk: Chunk | null, decodes: number, context: number) => number;

function stepsOf(
  { card, padding, tp_sizes }: RooflineDevice,
  parameters: RooflineParameters,
  speculation: Speculation | undefined,
): StepSeconds {
  const attention =
    padding || speculation ? new AttentionWork(card, speculation, padding) : attentionOf(card);
  const pricers = new Map(tp_sizes.map((tp) => [tp, new StepPricer(card, parameters, tp, speculation)]));
  return (tp, chunk, decodes, context) => {
    const decoding = attention.decodeRows(decodes);
    const rows = (chunk ? attention.chunkRows(chunk.tokens) * chunk.prompts : 0) + decoding;
    const ends = chunk?.ends ? chunk.prompts : 0;
    let flop = decodes > 0 ? attention.decodeFlop(decodes, context) : 0;
    let bytes = decodes > 0 ? attention.decodeBytes(decodes, context) : 0;
    if (chunk) {
      flop += chunk.prompts * attention.chunkFlop(chunk.tokens, chunk.context);
      bytes += chunk.prompts * attention.chunkBytes(chunk.tokens, chunk.context);
    }
    const sequences = decodes + (chunk?.prompts ?? 0);
    return pricers.get(tp)!.secondsOf(attention.stepRows(rows), ends + decoding, sequences, flop, bytes);
  };
}

/**
 * Times of the phases by the serial roofline: prompts in chunks of a step, decodes in steps of their own or with a chunk. Prompts
 * alone are those of a prefill pool, which proposes nothing.
 */
export function rooflineSource(
  device: RooflineDevice,
  parameters: RooflineParameters,
  misfit: Misfit = NO_MISFIT,
): PhaseSource {
  const { card, speculation, slow } = device;
  const step = stepsOf(device, parameters, speculation);
  const prompts = speculation ? stepsOf(device, parameters, undefined) : step;
  const verified = 1 + (speculation?.draftTokens ?? 0);
  const mixedBy =
    (rules: StepRules): MixedSteps['mixedPrefillSeconds'] =>
    (tp, batch, context, input) => {
      const decodes = step(tp, null, batch, context);
      const most = rules.step_tokens;
      const beside = { ...rules, step_tokens: most - Math.min(batch * verified, most / 2) };
      const adds = chunksOf(input, 1, beside, cachedOf(device, input)).reduce(
        (sum, chunk) => sum + step(tp, chunk, batch, context) - decodes,
        0,
      );
      return misfit.prefill * adds;
    };
  return {
    ...device,
    slow: slow && { ...slow, mixedPrefillSeconds: mixedBy(slow) },
    kv: { bytes_per_token: kvBytesPerToken(card), layers: card.layers },
    request_overhead_s: parameters.request_overhead_s,
    prefillSeconds: (tp, batch, input) =>
      misfit.prefill *
      chunksOf(input, batch, device, cachedOf(device, input)).reduce(
        (sum, chunk) => sum + chunk.times * prompts(tp, chunk, 0, 0),
        0,
      ),
    decodeSeconds: (tp, batch, context) =>
      misfit.decode(batch) * corrected(device.residual_table, tp, batch, step(tp, null, batch, context)),
    mixedPrefillSeconds: mixedBy(device),
  };
}

const works = new WeakMap<ModelCard, AttentionWork>();
/** Free of any parameter: made once a model. */
function attentionOf(card: ModelCard): AttentionWork {
  const known = works.get(card);
  if (known) return known;
  const made = new AttentionWork(card);
  works.set(card, made);
  return made;
}

/** Pieces of prompts that a step computes together. */
export interface Chunk {
  readonly prompts: number;
  /** Of each prompt. */
  readonly tokens: number;
  readonly context: number;
  readonly ends: boolean;
  /** Steps that look like this one. */
  readonly times: number;
}

/**
 * A batch of prompts as the engine's steps compute it: as many whole ones as a step takes, or one in pieces.
 * @param cached tokens at the beginning of each that are in the prefix cache
 */
export function chunksOf(
  input: number,
  batch: number,
  { step_tokens, whole_prompts }: Pick<StepRules, 'step_tokens' | 'whole_prompts'>,
  cached = 0,
): Chunk[] {
  const computed = input - cached;
  const whole = promptsWithin(step_tokens, computed, whole_prompts);
  if (whole >= 1) {
    const times = Math.floor(batch / whole);
    const rest = batch - times * whole;
    const chunk = (prompts: number, count: number): Chunk[] =>
      prompts > 0 && count > 0
        ? [{ prompts, tokens: computed, context: cached, ends: true, times: count }]
        : [];
    return [...chunk(whole, times), ...chunk(rest, 1)];
  }
  const size = Math.max(1, Math.floor(step_tokens));
  return Array.from({ length: Math.ceil(computed / size) }, (_, index) => {
    const context = cached + index * size;
    const tokens = Math.min(size, input - context);
    return { prompts: 1, tokens, context, ends: context + tokens === input, times: batch };
  });
}

/** A decode step with the fit's correction for kernels that are chosen by batch size. */
function corrected(table: ResidualTable | null, tp: number, batch: number, seconds: number): number {
  if (table === null) return seconds;
  const means = {
    ttftSeconds: 0,
    tpotSeconds: seconds,
    e2eSeconds: seconds,
    outputTokensPerSecond: 1 / seconds,
    queueShare: 0,
    rough: false,
  };
  const cell = { tensorParallel: tp, concurrency: batch, outputTokens: 2, turnAroundSeconds: null };
  return withTable(means, table, cell).tpotSeconds!;
}
