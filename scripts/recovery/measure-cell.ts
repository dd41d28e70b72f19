import type { Measured, Observation } from '../../src/fit/observations.ts';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { outputTokens, tpot, ttft } from '../../src/measure/latency.ts';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { createRandom } from '../../src/stats/random.ts';
import { summarise } from '../../src/stats/running.ts';
import type { Protocol, StopRule } from '../../src/suite/schema.ts';

/** As in a fit of runs: below, stamps are too large a share of TPOT. */
const FEWEST_TPOT_TOKENS = 8;

export interface Shape {
  readonly input: number;
  readonly output: number;
  readonly concurrency: number;
  readonly holdOut: boolean;
}

/** What the client adds to the truth. */
export interface Instrument {
  /** Standard deviation of the zero-mean error of a stamp, s. */
  readonly stampErrorSeconds: number;
}

/** Measures one cell of a simulated device in virtual time. */
export function measureCell(
  device: SimulatedDevice,
  shape: Shape,
  protocol: Protocol,
  stop: StopRule,
  seed: number,
  instrument: Instrument,
): Observation {
  const port = createVirtualPort(device);
  let result: LoadResult | null = null;
  runClosedLoop(
    port,
    {
      inputTokens: shape.input,
      outputTokens: shape.output,
      concurrency: shape.concurrency,
      protocol,
      stop,
      seed,
      maxLengthTokens: device.maxLengthTokens,
    },
    {
      done: (finished) => {
        result = finished;
      },
    },
  );
  port.run(() => result !== null);
  return observe(device, shape, result!, stampError(seed, instrument));
}

/** Normal error of a stamp from two uniform numbers (Box and Muller). */
function stampError(seed: number, { stampErrorSeconds }: Instrument): () => number {
  const random = createRandom(seed);
  return () =>
    stampErrorSeconds *
    Math.sqrt(-2 * Math.log(1 - random.uniform())) *
    Math.cos(2 * Math.PI * random.uniform());
}

function observe(
  device: SimulatedDevice,
  shape: Shape,
  result: LoadResult,
  error: () => number,
): Observation {
  const { window } = result;
  if (!window) throw new Error(`a cell ended before its window opened: ${JSON.stringify(shape)}`);
  const inside = result.timelines
    .filter(
      (timeline) =>
        timeline.role === 'load' &&
        timeline.outcome.state === 'completed' &&
        timeline.sent_s >= window.opened_s &&
        timeline.sent_s < window.closed_s,
    )
    .map((timeline) => ({ timeline, first: error(), last: error() }));
  const lengths = inside.map(({ timeline }) => outputTokens(timeline));
  return {
    target: `tp${device.settings.tensorParallel}`,
    cells: [],
    input_tokens: shape.input,
    output_tokens: shape.output,
    mean_output_tokens: lengths.reduce((a, b) => a + b, 0) / lengths.length,
    concurrency: shape.concurrency,
    engine: device.settings,
    turn_around_s: null,
    hold_out: shape.holdOut,
    ttft: measured(inside.map(({ timeline, first }) => plus(ttft(timeline), first))),
    tpot:
      shape.output <= FEWEST_TPOT_TOKENS
        ? null
        : measured(
            inside.map(({ timeline, first, last }) =>
              plus(tpot(timeline), (last - first) / (outputTokens(timeline) - 1)),
            ),
          ),
    e2e: null,
    output_tokens_per_s: null,
  };
}

const plus = (value: number | null, error: number): number | null => (value === null ? null : value + error);

function measured(values: readonly (number | null)[]): Measured | null {
  const summary = summarise(values.filter((value) => value !== null));
  if (!summary) return null;
  const error = summary.standardDeviation / Math.sqrt(summary.effectiveSamples);
  return { seconds: summary.mean, relative_error: error / summary.mean };
}
