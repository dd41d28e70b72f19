import { findAccelerator } from '../../../src/accelerator/catalogue.ts';
import { bindCard } from '../../../src/accelerator/peaks.ts';
import type { BaselineContext } from '../../../src/fit/baselines/form.ts';
import type { LatencyMetric, Observation } from '../../../src/fit/observations.ts';
import { builtInCard } from '../../../src/model/cards.ts';
import { closedLoopMeans } from '../../../src/roofline/closed-form.ts';

export const accelerator = findAccelerator('h100-sxm');
export const card = bindCard(builtInCard('llama-3.1-8b')!, accelerator);

export const context: BaselineContext = {
  accelerator,
  card,
  serve: (parameters, one) =>
    closedLoopMeans(card, parameters, one.engine, {
      inputTokens: one.input_tokens,
      outputTokens: one.mean_output_tokens,
      concurrency: one.concurrency,
      turnAroundSeconds: one.turn_around_s,
    }),
};

interface Cell {
  readonly tp?: number;
  readonly input?: number;
  readonly output?: number;
  readonly concurrency?: number;
}

const latency = (seconds: number) => ({ seconds, relative_error: 0.01 });

/** A cell with a TTFT of 0.1 s and a TPOT of 0.01 s. */
export function cell({ tp = 1, input = 1024, output = 256, concurrency = 1 }: Cell): Observation {
  return {
    target: 'a',
    cells: [`${tp}-${input}-${output}-${concurrency}`],
    input_tokens: input,
    output_tokens: output,
    mean_output_tokens: output,
    concurrency,
    engine: { tensorParallel: tp, maxNumBatchedTokens: 8192, maxNumSeqs: 256, kvCapacityTokens: 400_000 },
    turn_around_s: null,
    driving: null,
    hold_out: false,
    ttft: latency(0.1),
    tpot: latency(0.01),
    e2e: null,
    output_tokens_per_s: null,
  };
}

/** Every combination of two inputs, two outputs and four loads on the given tensor parallel sizes. */
export function grid(sizes: readonly number[] = [1]): Observation[] {
  return sizes.flatMap((tp) =>
    [512, 4096].flatMap((input) =>
      [128, 1024].flatMap((output) =>
        [1, 4, 16, 64].map((concurrency) => cell({ tp, input, output, concurrency })),
      ),
    ),
  );
}

/** The cells with one metric as a function of the cell. */
export const measuredAs = (
  cells: readonly Observation[],
  metric: LatencyMetric,
  seconds: (one: Observation) => number,
): Observation[] => cells.map((one) => ({ ...one, [metric]: latency(seconds(one)) }));
