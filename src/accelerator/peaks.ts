import type { ComputeFormat, ModelCard } from '../model/card.ts';
import { RULE_COMPUTE_RATIO } from '../model/from-config.ts';
import type { Accelerator } from './accelerator.ts';

/** A dense peak, and whether it is published or filled by the ratio rule (fp8 = 2, fp4 = 4, fp32 = 0.5 times bf16). */
export interface Peak {
  readonly flop_per_s: number;
  readonly published: boolean;
}

/** Dense peak of one device in a compute format; null when the accelerator publishes no peak at all. */
export function peakOf(accelerator: Accelerator, format: ComputeFormat): Peak | null {
  const published = {
    bf16: accelerator.bf16_flop_per_s,
    fp8: accelerator.fp8_flop_per_s,
    fp4: accelerator.fp4_flop_per_s,
    fp32: null,
  } satisfies Record<ComputeFormat, number | null>;
  const own = published[format];
  if (own !== null) return { flop_per_s: own, published: true };
  for (const other of ['bf16', 'fp8', 'fp4'] as const) {
    const peak = published[other];
    if (peak !== null) {
      return {
        flop_per_s: (peak * RULE_COMPUTE_RATIO[format]) / RULE_COMPUTE_RATIO[other],
        published: false,
      };
    }
  }
  return null;
}

/**
 * The card with each weight group's `compute_ratio` taken from this accelerator's peaks instead of the ratio rule
 * (Gaudi 3 runs fp8 at the bf16 rate, for example), those of its draft too. Without an accelerator the card is returned as it is.
 */
export function bindCard(card: ModelCard, accelerator: Accelerator | null): ModelCard {
  const reference = accelerator && peakOf(accelerator, card.compute_format);
  if (!accelerator || !reference) return card;
  return {
    ...card,
    weight_groups: card.weight_groups.map((group) => {
      const peak = peakOf(accelerator, group.compute_format);
      return peak ? { ...group, compute_ratio: peak.flop_per_s / reference.flop_per_s } : group;
    }),
    ...(card.draft && {
      draft: bindCard({ ...card.draft, compute_format: card.compute_format }, accelerator),
    }),
  };
}
