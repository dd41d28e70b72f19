import type { ModelCard, WeightGroup } from '../model/card.ts';
import { expertsHitByLog, kvShards, missLogarithm } from '../model/quantities.ts';
import {
  PARAMETER_NAMES,
  type ParameterName,
  PNORM_EXPONENT,
  type RooflineParameters,
} from './parameters.ts';
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

const column = (name: ParameterName): number => PARAMETER_NAMES.indexOf(name);
const GEMM = column('gemm_flop_per_s');
const EXPERT = column('expert_flop_per_s');
const MEMORY = column('memory_bytes_per_s');
const ATTENTION = column('attention_flop_per_s');
const STEP = column('step_overhead_s');
const SEQUENCE = column('sequence_overhead_s');
const LATENCY = column('all_reduce_latency_s');
const LINK = column('link_bytes_per_s');

/** A weight group as a step meets it. */
interface PricedGroup {
  /** Seconds of compute for one token (or one sampled token, for the head). */
  readonly secondsPerToken: number;
  /** Seconds to read all of the group's weights. */
  readonly secondsOfBytes: number;
  readonly per: 'token' | 'sampled' | 'sequence';
  /** How often it is read in a step. */
  readonly passes: number;
  /** ln(1 − k/E) of routed experts; null where every weight is read. */
  readonly logMissed: number | null;
  readonly compute: number;
}

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

  constructor(card: ModelCard, p: RooflineParameters, tensorParallel: number) {
    this.#groups = card.weight_groups
      .filter((group) => group.name !== 'embedding')
      .map((group) => pricedGroup(group, p, tensorParallel));
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
      this.#step +
      this.#sequence * sequences
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
    const overhead = this.#step + this.#sequence * work.sequences;
    return { linear, attention, network, overhead, total: linear + attention + network + overhead };
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
   * of PARAMETER_NAMES.
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
  }
}

const unitsOf = ({ per }: PricedGroup, tokens: number, sampled: number, sequences: number): number =>
  per === 'token' ? tokens : per === 'sampled' ? sampled : sequences;

/** Share of a group's weights that a step reads: all of them, or the experts that uniform routing hits. */
function shareRead(group: PricedGroup, tokens: number): number {
  return group.logMissed === null ? 1 : expertsHitByLog(1, group.logMissed, tokens);
}

function pricedGroup(group: WeightGroup, p: RooflineParameters, tp: number): PricedGroup {
  const count = group.experts_count ?? 1;
  const active = group.experts_active ?? count;
  const routed = group.name === 'experts';
  const flopPerToken = 2 * group.parameters * (routed ? active / count : 1);
  const rate = routed ? p.expert_flop_per_s : p.gemm_flop_per_s * group.compute_ratio;
  return {
    secondsPerToken: flopPerToken / (tp * rate),
    secondsOfBytes: (group.parameters * group.bytes_per_parameter) / (tp * p.memory_bytes_per_s),
    per: group.name === 'head' ? 'sampled' : group.name === 'draft' ? 'sequence' : 'token',
    passes: group.passes ?? 1,
    logMissed: routed ? missLogarithm(count, active) : null,
    compute: routed ? EXPERT : GEMM,
  };
}
