import type { Driving } from '../roofline/driving.ts';
import type { ClosedLoopShape, EngineSettings, ServingMeans } from '../roofline/serving.ts';
import type { ReadPadding } from '../run/read-padding.ts';
import type { Measured } from './measured.ts';
import type { ObservedSteps } from './steps/observed-steps.ts';
import type { ObservedTails } from './tails/observed-tails.ts';

export type { Measured } from './measured.ts';

/** Throughput of a cell, and how well it was measured. */
export interface MeasuredRate {
  readonly tokens_per_s: number;
  /** Standard error relative to the rate. */
  readonly relative_error: number;
}

/** Mean power of one device of a cell, and how well it was measured. */
export interface MeasuredPower {
  readonly power_w: number;
  /** Standard error relative to the power. */
  readonly relative_error: number;
  /** Of one device, engine loaded and no request; null: not measured. */
  readonly idle_power_w: number | null;
}

/** Cells of one task share a prompt length. */
export interface UnknownInput {
  readonly task: string;
  /** Shortest and longest of those that fit as well as the one that was found; absent: none was yet. */
  readonly as_good?: readonly [number, number];
}

/** One shape at one load on one target: repeats are merged, because they share whatever the model gets wrong. */
export interface Observation {
  readonly target: string;
  /** Keys of the cells that it was merged from. */
  readonly cells: readonly string[];
  readonly input_tokens: number;
  /** Of them, in the prefix cache; absent: none. */
  readonly cached_input_tokens?: number;
  /** As asked for; the suite's nominal length. */
  readonly output_tokens: number;
  /** Mean of the lengths that were drawn. */
  readonly mean_output_tokens: number;
  readonly concurrency: number;
  readonly engine: EngineSettings;
  /** What its server says that it pads steps to; absent: it says nothing. A fit decides whether `engine` has it. */
  readonly read_padding?: ReadPadding;
  readonly turn_around_s: number | null;
  /** How the cell was driven; null: a steady loop of requests of one length. */
  readonly driving: Driving | null;
  readonly hold_out: boolean;
  readonly ttft: Measured | null;
  readonly tpot: Measured | null;
  readonly e2e: Measured | null;
  readonly output_tokens_per_s: MeasuredRate | null;
  /** Absent or null: no power was read, or its energy is not valid. */
  readonly power?: MeasuredPower | null;
  /** Its prompt length is not recorded, `input_tokens` stands in for it or was fitted; absent: it is. */
  readonly unknown_input?: UnknownInput;
  /** Absent: nobody looked. */
  readonly tails?: ObservedTails;
  /** The engine's own steps, of each repeat; absent: the cell's means alone are used. */
  readonly steps?: readonly ObservedSteps[];
}

export type LatencyMetric = 'ttft' | 'tpot';
export const LATENCY_METRICS: readonly LatencyMetric[] = ['ttft', 'tpot'];

export const predictedSeconds = (
  means: Pick<ServingMeans, 'ttftSeconds' | 'tpotSeconds'>,
  metric: LatencyMetric,
): number | null => (metric === 'ttft' ? means.ttftSeconds : means.tpotSeconds);

/** The closed loop that a cell was; a burst's lengths are nominal, its jitter says how they spread. */
export const shapeOf = (one: Observation): ClosedLoopShape => ({
  inputTokens: one.input_tokens,
  ...(one.cached_input_tokens !== undefined && { cachedInputTokens: one.cached_input_tokens }),
  outputTokens: one.driving?.kind === 'burst' ? one.output_tokens : one.mean_output_tokens,
  concurrency: one.concurrency,
  turnAroundSeconds: one.turn_around_s,
  driving: one.driving ?? undefined,
});
