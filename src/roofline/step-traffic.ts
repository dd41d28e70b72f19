import type { ModelCard, WeightGroup } from '../model/card.ts';
import { expertsHitByLog, kvShards, missLogarithm } from '../model/quantities.ts';
import type { StepWork } from './step-work.ts';

/** What one device computes and moves in a step: the quantities that its energy depends on. */
export interface StepTraffic {
  /** FLOP, each group's at the rate of the dense group's format: one in a format half as fast counts twice. */
  readonly flop: number;
  /** Bytes read from and written to memory: weights and KV cache. */
  readonly bytes: number;
  /** Bytes sent over the scale-up link, one direction. */
  readonly linkBytes: number;
}

/** Counts the traffic of steps of one model at one tensor parallel size; free of any device's speed. */
export class TrafficCounter {
  readonly #groups: readonly WeightGroup[];
  readonly #logMissed: readonly (number | null)[];
  readonly #tp: number;
  readonly #shards: number;
  readonly #linkBytesPerToken: number;

  constructor(card: ModelCard, tensorParallel: number) {
    this.#groups = card.weight_groups.filter(({ name }) => name !== 'embedding');
    this.#logMissed = this.#groups.map(({ name, experts_count = 1, experts_active = 1 }) =>
      name === 'experts' ? missLogarithm(experts_count, experts_active) : null,
    );
    this.#tp = tensorParallel;
    this.#shards = kvShards(card, tensorParallel);
    const message = card.hidden_size * card.activation_bytes_per_element;
    // Two ring all-reduces a layer, each 2(tp − 1)/tp of the message.
    this.#linkBytesPerToken =
      tensorParallel > 1 ? 2 * card.layers * ((2 * (tensorParallel - 1)) / tensorParallel) * message : 0;
  }

  count(work: StepWork): StepTraffic {
    let flop = work.attentionFlop / this.#tp;
    let bytes = work.attentionBytes / this.#shards;
    for (const [index, group] of this.#groups.entries()) {
      const units = unitsOf(group, work);
      if (units === 0) continue;
      const { parameters, experts_active = 1, experts_count = 1, passes = 1 } = group;
      const logMissed = this.#logMissed[index]!;
      const used = logMissed === null ? 1 : experts_active / experts_count;
      const read = logMissed === null ? 1 : expertsHitByLog(1, logMissed, units);
      flop += (2 * parameters * used * units * passes) / (group.compute_ratio * this.#tp);
      bytes += (passes * parameters * group.bytes_per_parameter * read) / this.#tp;
    }
    return { flop, bytes, linkBytes: work.tokens * this.#linkBytesPerToken };
  }
}

const unitsOf = ({ name }: WeightGroup, { tokens, sampled, sequences }: StepWork): number =>
  name === 'head' ? sampled : name === 'draft' ? sequences : tokens;
