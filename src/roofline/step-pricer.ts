import type { ModelCard } from '../model/card.ts';
import { kvShards } from '../model/quantities.ts';
import {
  type DraftName,
  GRADIENT_NAMES,
  type ParameterName,
  PNORM_EXPONENT,
  type RooflineParameters,
} from './parameters.ts';
import { type PricedGroup, pricedGroups, shareRead, unitsOf } from './priced-groups.ts';
import type { Speculation } from './speculation.ts';
import type { StepWork } from './step-work.ts';

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

const column = (name: ParameterName | DraftName): number => GRADIENT_NAMES.indexOf(name);
const MEMORY = column('memory_bytes_per_s');
const ATTENTION = column('attention_flop_per_s');
const STEP = column('step_overhead_s');
const SEQUENCE = column('sequence_overhead_s');
const LATENCY = column('all_reduce_latency_s');
const LINK = column('link_bytes_per_s');
const DRAFT_PASS = column('draft_pass_s');
const DRAFT_SEQUENCE = column('draft_sequence_s');

/**
 * Prices steps of one model on one device and tensor parallel size (performance-model section 3): one serial roofline for
 * prefill, decode and mixed steps.
 */
export class StepPricer {
  readonly #groups: readonly PricedGroup[];
  readonly #attentionFlop: number;
  readonly #attentionBytes: number;
  readonly #messages: number;
  readonly #latency: number;
  readonly #secondsPerTokenOnLink: number;
  readonly #step: number;
  readonly #sequence: number;
  readonly #draftPass: number;
  readonly #draftSequence: number;

  constructor(card: ModelCard, p: RooflineParameters, tensorParallel: number, speculation?: Speculation) {
    const { draftTokens: proposed = 0 } = speculation ?? {};
    this.#groups = pricedGroups(card, p, tensorParallel, proposed);
    this.#draftPass = proposed * (p.draft_pass_s ?? 0);
    this.#draftSequence = proposed * (p.draft_sequence_s ?? 0);
    this.#attentionFlop = 1 / (tensorParallel * p.attention_flop_per_s);
    this.#attentionBytes = 1 / (kvShards(card, tensorParallel) * p.memory_bytes_per_s);
    // Two ring all-reduces a layer: latency plus 2(tp − 1)/tp of the message over the link, one direction.
    this.#messages = tensorParallel > 1 ? 2 * card.layers : 0;
    this.#latency = this.#messages * p.all_reduce_latency_s;
    const messageBytes = card.hidden_size * card.activation_bytes_per_element;
    this.#secondsPerTokenOnLink =
      (this.#messages * ((2 * (tensorParallel - 1)) / tensorParallel) * messageBytes) / p.link_bytes_per_s;
    this.#step = p.step_overhead_s;
    this.#sequence = p.sequence_overhead_s;
  }

  /** Seconds of a step. */
  seconds(work: StepWork): number {
    return this.secondsOf(work.tokens, work.sampled, work.sequences, work.attentionFlop, work.attentionBytes);
  }

  /** Seconds of a step given column by column, for loops that keep no objects. */
  secondsOf(tokens: number, sampled: number, sequences: number, flop: number, bytes: number): number {
    return (
      this.#linear(tokens, sampled, sequences) +
      pnorm(flop * this.#attentionFlop, bytes * this.#attentionBytes) +
      this.#latency +
      tokens * this.#secondsPerTokenOnLink +
      this.#overhead(sequences)
    );
  }

  /** Seconds of a step by cause. */
  parts(work: StepWork): StepTime {
    const linear = this.#linear(work.tokens, work.sampled, work.sequences);
    const attention = pnorm(
      work.attentionFlop * this.#attentionFlop,
      work.attentionBytes * this.#attentionBytes,
    );
    const network = this.#latency + work.tokens * this.#secondsPerTokenOnLink;
    const overhead = this.#overhead(work.sequences);
    return { linear, attention, network, overhead, total: linear + attention + network + overhead };
  }

  #overhead(sequences: number): number {
    return this.#step + this.#draftPass + (this.#sequence + this.#draftSequence) * sequences;
  }

  #linear(tokens: number, sampled: number, sequences: number): number {
    let seconds = 0;
    for (const group of this.#groups) {
      const units = unitsOf(group, tokens, sampled, sequences);
      if (units > 0)
        seconds +=
          group.passes * pnorm(units * group.secondsPerToken, group.secondsOfBytes * shareRead(group, units));
    }
    return seconds;
  }

  /**
   * Adds `weight` times the derivatives of a step's seconds by the logarithms of the parameters to `gradient`, in the order
   * of GRADIENT_NAMES.
   */
  addGradient(
    gradient: Float64Array,
    weight: number,
    tokens: number,
    sampled: number,
    sequences: number,
    flop: number,
    bytes: number,
  ): void {
    let memory = 0;
    for (const group of this.#groups) {
      const units = unitsOf(group, tokens, sampled, sequences);
      if (units <= 0) continue;
      const compute = group.passes * units * group.secondsPerToken;
      const read = group.passes * group.secondsOfBytes * shareRead(group, units);
      const total = pnorm(compute, read);
      const share = (compute / total) ** 4;
      gradient[group.compute]! -= weight * total * share;
      memory += total * (1 - share);
    }
    const compute = flop * this.#attentionFlop;
    const total = pnorm(compute, bytes * this.#attentionBytes);
    if (total > 0) {
      const share = (compute / total) ** 4;
      gradient[ATTENTION]! -= weight * total * share;
      memory += total * (1 - share);
    }
    gradient[MEMORY]! -= weight * memory;
    gradient[STEP]! += weight * this.#step;
    gradient[SEQUENCE]! += weight * this.#sequence * sequences;
    gradient[LATENCY]! += weight * this.#latency;
    gradient[LINK]! -= weight * tokens * this.#secondsPerTokenOnLink;
    gradient[DRAFT_PASS]! += weight * this.#draftPass;
    gradient[DRAFT_SEQUENCE]! += weight * this.#draftSequence * sequences;
  }
}
