import type { Dataset, Unknown } from '../../src/fit/dataset.ts';
import type { LatencyMetric, Observation } from '../../src/fit/observations.ts';
import type { ModelCard } from '../../src/model/card.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import type { Driving } from '../../src/roofline/driving.ts';
import type { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import type { EngineSettings } from '../../src/roofline/serving.ts';
import { createRandom } from '../../src/stats/random.ts';
import { accelerator, card as plainCard, truth } from './virtual.ts';

export interface Shape {
  readonly input: number;
  readonly output: number;
  readonly concurrency: number;
  readonly tp?: number;
}

export interface MadeCells {
  readonly card?: ModelCard;
  readonly engine?: Partial<EngineSettings>;
  readonly driving?: Driving | null;
  /** What the cells are made with; a fit by the same predictor has nothing to miss. Default: the closed form. */
  readonly by?: typeof closedLoopMeans | typeof scheduledMeans;
  /** Standard deviation of the logarithm. */
  readonly noise?: number;
  readonly seed?: number;
}

export const ENGINE: EngineSettings = {
  tensorParallel: 1,
  maxNumBatchedTokens: 8192,
  maxNumSeqs: 256,
  kvCapacityTokens: 400_000,
};

/** Cells as a device with the suite's truth would have them, each as exact as it says. */
export function cellsOf(
  shapes: readonly Shape[],
  {
    card = plainCard,
    engine = {},
    driving = null,
    by = closedLoopMeans,
    noise = 0.01,
    seed = 1,
  }: MadeCells = {},
): Observation[] {
  const random = createRandom(seed);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const measured = (seconds: number) => ({
    seconds: seconds * Math.exp(noise * normal()),
    relative_error: noise,
  });
  return shapes.map(({ input, output, concurrency, tp = 1 }) => {
    const settings = { ...ENGINE, tensorParallel: tp, ...engine };
    const means = by(card, truth, settings, {
      inputTokens: input,
      outputTokens: output,
      concurrency,
      turnAroundSeconds: null,
      driving: driving ?? undefined,
    });
    return {
      target: `tp${tp}`,
      cells: [`${tp} ${input} ${output} ${concurrency}`],
      input_tokens: input,
      output_tokens: output,
      mean_output_tokens: output,
      concurrency,
      engine: settings,
      turn_around_s: null,
      driving,
      hold_out: false,
      ttft: measured(means.ttftSeconds),
      tpot: means.tpotSeconds === null ? null : measured(means.tpotSeconds),
      e2e: null,
      output_tokens_per_s: null,
    };
  });
}

export const datasetOf = (
  observations: readonly Observation[],
  unknown: readonly Unknown[] = [],
  card: ModelCard = plainCard,
): Dataset => ({ accelerator, card, observations, unknown });

/** Every combination. */
export const gridOf = (
  inputs: readonly number[],
  outputs: readonly number[],
  loads: readonly number[],
  sizes: readonly number[] = [1],
): Shape[] =>
  sizes.flatMap((tp) =>
    inputs.flatMap((input) =>
      outputs.flatMap((output) => loads.map((concurrency) => ({ input, output, concurrency, tp }))),
    ),
  );

/** The cells with a metric multiplied. */
export const scaled = (cells: readonly Observation[], metric: LatencyMetric, factor: number): Observation[] =>
  cells.map((one) => {
    const measured = one[metric];
    return { ...one, [metric]: measured && { ...measured, seconds: measured.seconds * factor } };
  });
