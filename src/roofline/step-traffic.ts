import type { ModelCard, WeightGroup } from '../model/card.ts';
import { draftPasses } from '../model/draft.ts';
import { expertsHitByLog, kvShards, missLogarithm } from '../model/quantities.ts';
import type { Speculation } from './speculation.ts';
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

/** A weight group as often as a step reads it. */
interface CountedGroup {
  readonly group: WeightGroup;
  readonly per: 'token' | 'sampled' | 'sequence';
  readonly passes: number;
  readonly logMissed: number | null;
}

/** Counts the traffic of steps of one model at one tensor parallel size; free of any device's speed. */
export class TrafficCounter {
  readonly #groups: readonly CountedGroup[];
  readonly #tp: number;
  readonly #shards: number;
  readonly #linkBytesPerToken: number;

  constructor(card: ModelCard, tensorParallel: number, speculation?: Speculation) {
    const own = card.weight_groups.filter(({ name }) => name !== 'embedding').map(countedGroup);
    const drafts = draftPasses(card, speculation?.draftTokens ?? 0);
    this.#groups = [
      ...own,
      ...drafts.map(({ group, per, count }) => ({ ...countedGroup(group), per, passes: count })),
    ];
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
    for (const { group, per, passes, logMissed } of this.#groups) {
      const units = unitsOf(per, work);
      if (units === 0) continue;
      const { parameters, experts_active = 1, experts_count = 1 } = group;
      const used = logMissed === null ? 1 : experts_active / experts_count;
      const read = logMissed === null ? 1 : expertsHitByLog(1, logMissed, units);
      flop += (2 * parameters * used * units * passes) / (group.compute_ratio * this.#tp);
      bytes += (passes * parameters * group.bytes_per_parameter * read) / this.#tp;
    }
    return { flop, bytes, linkBytes: work.tokens * this.#linkBytesPerToken };
  }
}

function countedGroup(group: WeightGroup): CountedGroup {
  const { name, experts_count = 1, experts_active = 1 } = group;
  return {
    group,
    per: name === 'head' ? 'sampled' : 'token',
    passes: 1,
    logMissed: name === 'experts' ? missLogarithm(experts_count, experts_active) : null,
  };
}

const unitsOf = (per: CountedGroup['per'], { tokens, sampled, sequences }: StepWork): number =>
  per === 'sampled' ? sampled : per === 'sequence' ? sequences : tokens;
