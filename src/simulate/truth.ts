import type { Accelerator } from '../accelerator/accelerator.ts';
import { peakOf } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import type { ModelCard } from '../model/card.ts';
import type { DraftName, ParameterName, RooflineParameters } from '../roofline/parameters.ts';
import { createRandom } from './random.ts';

/** Log-normal draws around a centre, cut at plausible ends. */
interface Draw {
  readonly centre: number;
  readonly logSd: number;
  readonly low: number;
  readonly high: number;
}

/** Shares of a peak that real kernels reach. */
const EFFICIENCIES = {
  gemm_flop_per_s: { centre: 0.55, logSd: 0.2, low: 0.3, high: 0.85 },
  memory_bytes_per_s: { centre: 0.75, logSd: 0.12, low: 0.5, high: 0.95 },
  attention_flop_per_s: { centre: 0.35, logSd: 0.35, low: 0.12, high: 0.75 },
  link_bytes_per_s: { centre: 0.6, logSd: 0.3, low: 0.25, high: 0.9 },
} satisfies Record<string, Draw>;

/** Seconds that hosts and engines spend. */
const OVERHEADS = {
  step_overhead_s: { centre: 2e-3, logSd: 0.5, low: 2e-4, high: 8e-3 },
  sequence_overhead_s: { centre: 3e-5, logSd: 0.5, low: 3e-6, high: 2e-4 },
  request_overhead_s: { centre: 2e-2, logSd: 0.5, low: 3e-3, high: 1e-1 },
  all_reduce_latency_s: { centre: 8e-6, logSd: 0.4, low: 2e-6, high: 4e-5 },
} satisfies Record<string, Draw>;

/** Grouped GEMMs of routed experts reach less than one large GEMM. */
const EXPERTS = {
  expert_flop_per_s: { centre: 0.3, logSd: 0.3, low: 0.08, high: 0.7 },
} satisfies Record<string, Draw>;

/** What proposing a token costs beside the draft's own weights. */
const DRAFTS = {
  draft_pass_s: { centre: 3e-4, logSd: 0.5, low: 3e-5, high: 3e-3 },
  draft_sequence_s: { centre: 3e-6, logSd: 0.5, low: 3e-7, high: 3e-5 },
} satisfies Record<string, Draw>;

/** Link of a device whose catalogue entry has none: it matters with more than one device only. */
const FALLBACK_LINK_BYTES_PER_S = 25e9;

/**
 * The hidden truth of a simulated device: efficiencies drawn from the seed times the catalogue's peaks, and overheads.
 * Every parameter draws from its own stream, so giving one explicitly leaves the others as they were.
 * @throws RidgeError (exit 2) when a peak that is needed is neither in the catalogue nor given
 */
export function drawTruth(
  accelerator: Accelerator,
  card: ModelCard,
  seed: number,
  given: Partial<RooflineParameters> = {},
  speculates = false,
): RooflineParameters {
  const peaks = {
    gemm_flop_per_s: peakOf(accelerator, card.compute_format)?.flop_per_s ?? null,
    memory_bytes_per_s: accelerator.memory_bytes_per_s,
    attention_flop_per_s: peakOf(accelerator, 'bf16')?.flop_per_s ?? null,
    expert_flop_per_s: peakOf(accelerator, expertFormat(card))?.flop_per_s ?? null,
    link_bytes_per_s: accelerator.link_bytes_per_s ?? FALLBACK_LINK_BYTES_PER_S,
  };
  const drawn = {} as Record<ParameterName | DraftName, number>;
  const drafts = speculates ? DRAFTS : {};
  let stream = 10;
  for (const [name, draw] of Object.entries<Draw>({ ...EFFICIENCIES, ...OVERHEADS, ...EXPERTS, ...drafts })) {
    const key = name as ParameterName | DraftName;
    const scale = key in peaks ? peaks[key as keyof typeof peaks] : 1;
    const random = createRandom(seed, stream++);
    const share = draw.centre * Math.exp(draw.logSd * random.normal());
    const value =
      given[key] ?? (scale === null ? null : scale * Math.min(draw.high, Math.max(draw.low, share)));
    if (value === null) {
      throw new RidgeError(`accelerator '${accelerator.id}' has no published peak for ${key}`, {
        mend: `Give the simulated device one: --parameter ${key}=...`,
      });
    }
    drawn[key] = value;
  }
  return drawn;
}

const expertFormat = (card: ModelCard) =>
  card.weight_groups.find((group) => group.name === 'experts')?.compute_format ?? card.compute_format;

/** The same device with every duration multiplied by `scale`. */
export function scaleDurations(p: RooflineParameters, scale: number): RooflineParameters {
  const { draft_pass_s, draft_sequence_s } = p;
  return {
    gemm_flop_per_s: p.gemm_flop_per_s / scale,
    expert_flop_per_s: p.expert_flop_per_s / scale,
    memory_bytes_per_s: p.memory_bytes_per_s / scale,
    attention_flop_per_s: p.attention_flop_per_s / scale,
    step_overhead_s: p.step_overhead_s * scale,
    sequence_overhead_s: p.sequence_overhead_s * scale,
    request_overhead_s: p.request_overhead_s * scale,
    all_reduce_latency_s: p.all_reduce_latency_s * scale,
    link_bytes_per_s: p.link_bytes_per_s / scale,
    ...(draft_pass_s !== undefined && { draft_pass_s: draft_pass_s * scale }),
    ...(draft_sequence_s !== undefined && { draft_sequence_s: draft_sequence_s * scale }),
  };
}
