import type { Driving } from '../roofline/driving.ts';
import type { Statistic } from '../run/schema.ts';
import type { SourceRow } from './source-row.ts';

/** One row of any format in common terms: what was measured, on what, how. Latencies are milliseconds. */
export interface MeasuredRow {
  readonly line: number;
  /** The file's own word; see `accelerator-names.ts`. */
  readonly accelerator: string | null;
  readonly model: string;
  /** `bf16`, `fp8`, `fp4`, ...; null: the file does not say. */
  readonly precision: string | null;
  readonly engine: { readonly name: string | null; readonly version: string | null };
  readonly tensorParallel: number;
  readonly expertParallel: number | null;
  /** Devices in a row that each hold some of the layers; 1: none do. */
  readonly pipelineParallel: number;
  /** Nominal lengths. */
  readonly inputTokens: number;
  /** Task whose prompt length is not recorded, `inputTokens` stands in for it; absent or null: it is. */
  readonly unknownInput?: string | null;
  readonly outputTokens: number;
  /** True mean number of output tokens. */
  readonly meanOutputTokens: number;
  readonly concurrency: number;
  readonly driving: Driving;
  /** Of a server that was set up for the row: tokens of a step beside the prompt and one for each stream; absent or null: not known. */
  readonly budgetMarginTokens?: number | null;
  /** Of a server that was set up for the row: prompts are computed whole, and nobody says how many seats it had; absent: not so. */
  readonly wholeOnOwnServer?: boolean;
  /** Requests behind each statistic; null: not known, one sample. */
  readonly requests: number | null;
  readonly startedAt: string | null;
  /** Repeats of a cell stand in this order; equal values keep the order of the file. */
  readonly order: number;
  readonly ttftMs: Statistic | null;
  readonly tpotMs: Statistic | null;
  readonly e2eMs: Statistic | null;
  readonly chunkGapMs: Statistic | null;
  readonly outputTokensPerS: number | null;
  readonly inputTokensPerS: number | null;
  /** Mean of all devices together, W; absent or null: not in the file. */
  readonly powerW?: number | null;
}

/** A row together with the text that it was read from. */
export interface Candidate {
  readonly source: SourceRow;
  readonly row: MeasuredRow;
}

/** Names by which conditions and messages speak of a row in every format. */
export const FACTS = {
  accelerator: (row) => row.accelerator,
  model: (row) => row.model,
  precision: (row) => row.precision,
  engine: (row) => row.engine.name,
  engine_version: (row) => row.engine.version,
  tensor_parallel: (row) => row.tensorParallel,
  expert_parallel: (row) => row.expertParallel,
  input_tokens: (row) => row.inputTokens,
  output_tokens: (row) => row.outputTokens,
  concurrency: (row) => row.concurrency,
} as const satisfies Record<string, (row: MeasuredRow) => string | number | null>;

export interface StatisticParts {
  readonly mean: number | null;
  readonly standardDeviation?: number | null;
  readonly p50?: number | null;
  readonly p99?: number | null;
}

/**
 * A statistic as a file gives it, with an unknown interval; null without a mean.
 * @param parts in any unit of time
 * @param toMs factor that makes milliseconds of it
 * @param requests number of samples; null: one
 */
export function statisticOf(parts: StatisticParts, toMs: number, requests: number | null): Statistic | null {
  if (parts.mean === null) return null;
  const quantiles: readonly [number, number | null | undefined][] = [
    [0.5, parts.p50],
    [0.99, parts.p99],
  ];
  return {
    n: requests ?? 1,
    mean: parts.mean * toMs,
    standard_deviation: typeof parts.standardDeviation === 'number' ? parts.standardDeviation * toMs : null,
    half_width_95: null,
    percentiles: quantiles.flatMap(([q, value]) =>
      typeof value === 'number' ? [{ q, value: value * toMs }] : [],
    ),
  };
}

/** Mean share of the nominal length that a jitter draws. */
export const meanShare = ([low, high]: readonly [number, number]): number => (low + high) / 2;
