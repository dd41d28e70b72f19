import type { ModelCard, WeightGroup } from '../model/card.ts';
import { draftPasses } from '../model/draft.ts';
import { expertsHitByLog, missLogarithm } from '../model/quantities.ts';
import { PARAMETER_NAMES, type RooflineParameters } from './parameters.ts';

/** A weight group as a step meets it. */
export interface PricedGroup {
  /** Seconds of compute for one token (or one sampled token, for the head). */
  readonly secondsPerToken: number;
  /** Seconds to read all of the group's weights. */
  readonly secondsOfBytes: number;
  readonly per: 'token' | 'sampled' | 'sequence';
  /** How often it is read in a step. */
  readonly passes: number;
  /** ln(1 − k/E) of routed experts; null where every weight is read. */
  readonly logMissed: number | null;
  /** Column of PARAMETER_NAMES that holds its rate. */
  readonly compute: number;
}

/** Weights that a step reads: the model's own and, where it proposes tokens, those of its draft. */
export const pricedGroups = (
  card: ModelCard,
  p: RooflineParameters,
  tensorParallel: number,
  draftTokens: number,
): PricedGroup[] => [
  ...card.weight_groups
    .filter((group) => group.name !== 'embedding')
    .map((group) => pricedGroup(group, p, tensorParallel)),
  ...draftPasses(card, draftTokens).map(({ group, per, count }) => ({
    ...pricedGroup(group, p, tensorParallel),
    per,
    passes: count,
  })),
];

export const unitsOf = ({ per }: PricedGroup, tokens: number, sampled: number, sequences: number): number =>
  per === 'token' ? tokens : per === 'sampled' ? sampled : sequences;

/** Share of a group's weights that a step reads: all of them, or the experts that uniform routing hits. */
export function shareRead(group: PricedGroup, tokens: number): number {
  return group.logMissed === null ? 1 : expertsHitByLog(1, group.logMissed, tokens);
}

const GEMM = PARAMETER_NAMES.indexOf('gemm_flop_per_s');
const EXPERT = PARAMETER_NAMES.indexOf('expert_flop_per_s');

function pricedGroup(group: WeightGroup, p: RooflineParameters, tp: number): PricedGroup {
  const count = group.experts_count ?? 1;
  const active = group.experts_active ?? count;
  const routed = group.name === 'experts';
  const flopPerToken = 2 * group.parameters * (routed ? active / count : 1);
  const rate = routed ? p.expert_flop_per_s : p.gemm_flop_per_s * group.compute_ratio;
  return {
    secondsPerToken: flopPerToken / (tp * rate),
    secondsOfBytes: (group.parameters * group.bytes_per_parameter) / (tp * p.memory_bytes_per_s),
    per: group.name === 'head' ? 'sampled' : 'token',
    passes: 1,
    logMissed: routed ? missLogarithm(count, active) : null,
    compute: routed ? EXPERT : GEMM,
  };
}
