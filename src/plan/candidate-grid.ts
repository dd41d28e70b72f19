import type { EngineSettings } from '../roofline/serving.ts';
import type { InformativeCell } from './information.ts';

/** A grid from which cells are chosen where no suite says which. */
const INPUTS = [128, 512, 1024, 2048, 4096, 8192, 16_384, 32_000] as const;
const OUTPUTS = [2, 64, 128, 256, 512, 1024] as const;
const LOADS = [1, 2, 4, 8, 16, 32, 64, 128, 192, 256] as const;
/** Outputs shorter than this are measured alone: with others they are a queue of prompts. */
const LEAST_SHARED_OUTPUT = 32;
/** Fuller caches preempt, and what they show is the cache. */
const LARGEST_KV_SHARE = 0.9;
/** The longest output that the default jitter draws, as a multiple of the nominal one. */
const LONGEST_OUTPUT = 1.1;

/** What limits the cells of a target. */
export interface CellLimits {
  readonly engine: Pick<EngineSettings, 'maxNumSeqs' | 'kvCapacityTokens'>;
  /** Null: not known. */
  readonly maxLengthTokens: number | null;
}

/** Whether a target takes a cell without a queue for seats or memory: what it shows then is the device. */
export function takesCell(
  { engine, maxLengthTokens }: CellLimits,
  { input_tokens, output_tokens, concurrency }: InformativeCell,
): boolean {
  const longest = input_tokens + output_tokens * LONGEST_OUTPUT;
  const mean = input_tokens + output_tokens / 2;
  return (
    (maxLengthTokens === null || longest <= maxLengthTokens) &&
    concurrency <= engine.maxNumSeqs &&
    longest <= engine.kvCapacityTokens &&
    (concurrency === 1 || concurrency * mean <= LARGEST_KV_SHARE * engine.kvCapacityTokens)
  );
}

/** Cells of the default grid that a target takes. */
export const candidateGrid = (limits: CellLimits): InformativeCell[] =>
  INPUTS.flatMap((input_tokens) =>
    OUTPUTS.flatMap((output_tokens) =>
      LOADS.map((concurrency) => ({ input_tokens, output_tokens, concurrency })),
    ),
  ).filter(
    (cell) =>
      (cell.concurrency === 1 || cell.output_tokens >= LEAST_SHARED_OUTPUT) && takesCell(limits, cell),
  );

/** At most `steps` whole numbers from low to high, evenly spaced on a log scale, ends included. */
function spaced([low, high]: readonly [number, number], steps: number): number[] {
  const ratio = high / low;
  const values = Array.from({ length: steps }, (_, k) => Math.round(low * ratio ** (k / (steps - 1))));
  return [...new Set(values)];
}

export interface CellRange {
  readonly input_tokens: readonly [number, number];
  readonly output_tokens: readonly [number, number];
  readonly concurrency: readonly [number, number];
}

const STEPS = { input: 4, output: 3, load: 4 } as const;

/** Cells spread over a range, those that a target takes: what a prediction inside the range may be asked for. */
export const rangeGrid = (range: CellRange, limits: CellLimits): InformativeCell[] =>
  spaced(range.input_tokens, STEPS.input)
    .flatMap((input_tokens) =>
      spaced(range.output_tokens, STEPS.output).flatMap((output_tokens) =>
        spaced(range.concurrency, STEPS.load).map((concurrency) => ({
          input_tokens,
          output_tokens,
          concurrency,
        })),
      ),
    )
    .filter((cell) => takesCell(limits, cell));
