import type { Accelerator } from '../accelerator/accelerator.ts';
import type { StepRules } from '../roofline/step-rules.ts';
import type { TailTraits } from '../roofline/tails.ts';

/** Where the times of a device come from, from the surest to the least sure. */
export type Origin =
  /** A fit of this device, model and precision. */
  | 'fit'
  /** A fit of another device or model, scaled by spec sheets. */
  | 'carried_fit'
  /** A device file: fits of other models there, or a spec sheet and what other devices reach of theirs. */
  | 'spec_sheet'
  /** The same efficiency on every device: the reference study re-derived. */
  | 'uniform_efficiency';

/** How much KV cache a model keeps. */
export interface KvFacts {
  readonly bytes_per_token: number;
  readonly layers: number;
}

/** Watts of one device in each phase, by a fit's own power model. */
export interface PhasePower {
  /** Engine loaded, no request. */
  readonly idle_w: number;
  /** Mean over a batch of whole prompts. */
  prefillWatts(tp: number, batch: number, inputTokens: number): number;
  decodeWatts(tp: number, batch: number, contextTokens: number): number;
}

/** How long prompts keep steps that decode, and how steps take them. */
export interface MixedSteps extends StepRules {
  /** Seconds that a prompt adds to a server that decodes `batch` sequences at the same time. */
  mixedPrefillSeconds(tp: number, batch: number, contextTokens: number, inputTokens: number): number;
}

/** What percentiles showed of an engine that means hide: its steps where percentiles are asked. */
export interface SlowSteps extends MixedSteps {
  readonly traits: TailTraits;
}

/** Times of the two phases on one device, at one set of parameters. All that a search of pairings asks. */
export interface PhaseSource extends MixedSteps {
  readonly accelerator: Accelerator;
  readonly origin: Origin;
  /** What it is called in tables; unique in a search. */
  readonly label: string;
  readonly tp_sizes: readonly number[];
  readonly kv: KvFacts;
  /** Most sequences of a server. */
  readonly seats: number;
  /** Most sequences that were measured together; null: nothing was measured. */
  readonly measured_batch: number | null;
  /** Added to TTFT outside the engine's steps, s. */
  readonly request_overhead_s: number;
  /** Absent: nothing is known but what the cost basis states. */
  readonly power?: PhasePower | undefined;
  /** Absent: no cell showed any, steps are the roofline's. */
  readonly slow?: SlowSteps | undefined;
  /** Seconds in which a batch of whole prompts is computed. */
  prefillSeconds(tp: number, batch: number, inputTokens: number): number;
  /** Seconds of a decode step at a mean context. */
  decodeSeconds(tp: number, batch: number, contextTokens: number): number;
  /** KV capacity of a server, tokens; 0 where the weights do not fit. */
  kvCapacityTokens(tp: number): number;
}

/** How well a device's percentiles are known. */
export interface KnownPercentiles {
  /** Half-width of the 90 % interval of `tbt_p99_ms` and its like as cells showed it, as a natural logarithm; null: too few did. */
  missOf(key: string): number | null;
  /** How many times that wide it is for so many sequences together: 1 inside what was measured. */
  widths(batch: number): number;
  /** One draw of the parameters alone: what the model misses is in the misses. */
  draw(index: number): PhaseSource;
}

/** A device whose parameters are known with an uncertainty. */
export interface UncertainSource {
  readonly central: PhaseSource;
  /** What of the search lies outside what was measured, one sentence each. */
  readonly notes: readonly string[];
  /** False where it lies so far outside that nothing bears on it: no interval is told. */
  readonly interval: boolean;
  /** Absent: no fit of the device's own measured percentiles. */
  readonly percentiles?: KnownPercentiles | undefined;
  /** One draw of the parameters. Draws with one index belong together: what two devices share is drawn alike. */
  draw(index: number): PhaseSource;
}
