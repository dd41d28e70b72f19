import type { Accelerator } from '../accelerator/accelerator.ts';
import type { ModelCard } from '../model/card.ts';
import { kvCapacityTokens } from '../model/quantities.ts';
import { type Admission, type BurstOrder, type Driving, hasExactLengths } from '../roofline/driving.ts';
import type { EngineSettings } from '../roofline/serving.ts';
import type { Observation } from './observations.ts';
import { type PaddingChoice, paddingOf } from './padding/sizes.ts';

/** Facts about an engine that measurements depend on and that may not be on record. */
export const UNKNOWNS = [
  'kv_bytes_per_element',
  'max_num_batched_tokens',
  'admission',
  'memory_utilisation',
  'burst_order',
  'seat_margin',
  'planning',
] as const;
export type Unknown = (typeof UNKNOWNS)[number];

/** Cells of one accelerator, model, precision and engine, as they were measured. */
export interface Dataset {
  readonly accelerator: Accelerator;
  /** Bound to the accelerator's peaks. */
  readonly card: ModelCard;
  readonly observations: readonly Observation[];
  /** Engine facts that the record does not state: a fit has to infer them. */
  readonly unknown: readonly Unknown[];
}

/** When an engine decides which requests a step takes: as the one before it ends, or already as that one begins. */
export type Planning = 'each_step' | 'a_step_ahead';

/** One answer to all the unknowns. */
export interface EngineChoice {
  readonly kv_bytes_per_element: number;
  readonly max_num_batched_tokens: number;
  readonly admission: Admission;
  /** Share of the devices' memory that the engine fills; KV gets what weights and the engine itself leave. */
  readonly memory_utilisation: number;
  readonly burst_order: BurstOrder;
  /** Seats of a server that was set up for each shape, beside one for each stream. */
  readonly seat_margin: number;
  readonly planning: Planning;
  readonly padding: PaddingChoice;
}

/** What engines do unless they are told otherwise. */
export const DEFAULT_CHOICE: EngineChoice = {
  kv_bytes_per_element: 2,
  max_num_batched_tokens: 8192,
  admission: 'on_demand',
  memory_utilisation: 0.9,
  burst_order: 'together',
  seat_margin: 0,
  planning: 'each_step',
  padding: 'none',
};

/** Where a device's memory is not known KV is taken not to bind. */
const BOUNDLESS_TOKENS = 1e9;

/** KV capacity in tokens that the devices' memory gives at a utilisation. */
export function derivedCapacity(
  { accelerator, card }: Pick<Dataset, 'accelerator' | 'card'>,
  tensorParallel: number,
  memoryUtilisation: number,
): number {
  if (accelerator.memory_bytes === null) return BOUNDLESS_TOKENS;
  return kvCapacityTokens(card, accelerator.memory_bytes, tensorParallel, memoryUtilisation);
}

/** A burst of which nobody knows how its requests arrive, as an answer has it. */
export const ordered = (driving: Driving | null, order: BurstOrder): Driving | null =>
  driving?.kind === 'burst' && hasExactLengths(driving) ? { ...driving, order } : driving;

/** Settings of a server whose seats nobody states; none where there is one for each stream. */
export const withSeats = ({ seat_margin }: Pick<EngineChoice, 'seat_margin'>): Partial<EngineSettings> =>
  seat_margin === 0 ? {} : { seatMargin: seat_margin };

export const withPlanning = ({ planning }: Pick<EngineChoice, 'planning'>): Partial<EngineSettings> =>
  planning === 'a_step_ahead' ? { plansAhead: true } : {};

/** The data set with its unknowns answered; what is on record stays as it is. */
export function withChoice(dataset: Dataset, choice: EngineChoice): Dataset {
  const unknown = new Set(dataset.unknown);
  const card = unknown.has('kv_bytes_per_element')
    ? { ...dataset.card, kv_bytes_per_element: choice.kv_bytes_per_element }
    : dataset.card;
  const answered = { ...dataset, card };
  return {
    ...answered,
    observations: dataset.observations.map((one) => {
      const { padding: _, ...engine } = one.engine;
      const padding = paddingOf(choice.padding, one.read_padding);
      return {
        ...one,
        driving: unknown.has('burst_order') ? ordered(one.driving, choice.burst_order) : one.driving,
        engine: {
          ...engine,
          maxNumBatchedTokens: unknown.has('max_num_batched_tokens')
            ? choice.max_num_batched_tokens
            : engine.maxNumBatchedTokens,
          admission: unknown.has('admission') ? choice.admission : engine.admission,
          kvCapacityTokens: unknown.has('memory_utilisation')
            ? derivedCapacity(answered, engine.tensorParallel, choice.memory_utilisation)
            : engine.kvCapacityTokens,
          ...(unknown.has('seat_margin') && withSeats(choice)),
          ...(unknown.has('planning') && withPlanning(choice)),
          ...(padding && { padding }),
        },
      };
    }),
  };
}
