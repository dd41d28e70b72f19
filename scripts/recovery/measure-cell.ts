import type { Measured, Observation } from '../../src/fit/observations.ts';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { outputTokens, tpot, ttft } from '../../src/measure/latency.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { summarise } from '../../src/stats/running.ts';
import type { Protocol, StopRule } from '../../src/suite/schema.ts';

export interface Shape {
  readonly input: number;
  readonly output: number;
  readonly concurrency: number;
  readonly holdOut: boolean;
}

/** Measures one cell of a simulated device in virtual time. */
export function measureCell(
  device: SimulatedDevice,
  shape: Shape,
  protocol: Protocol,
  stop: StopRule,
  seed: number,
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
  return observe(device, shape, result!);
}

function observe(device: SimulatedDevice, shape: Shape, result: LoadResult): Observation {
  const { window } = result;
  if (!window) throw new Error(`a cell ended before its window opened: ${JSON.stringify(shape)}`);
  const inside = result.timelines.filter(
    (timeline) =>
      timeline.role === 'load' &&
      timeline.outcome.state === 'completed' &&
      timeline.sent_s >= window.opened_s &&
      timeline.sent_s < window.closed_s,
  );
  const lengths = inside.map(outputTokens);
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
    ttft: measured(inside, ttft),
    tpot: measured(inside, tpot),
    output_tokens_per_s: null,
  };
}

function measured(
  timelines: readonly RequestTimeline[],
  metric: (timeline: RequestTimeline) => number | null,
): Measured | null {
  const summary = summarise(timelines.map(metric).filter((value) => value !== null));
  if (!summary) return null;
  const error = summary.standardDeviation / Math.sqrt(summary.effectiveSamples);
  return { seconds: summary.mean, relative_error: error / summary.mean };
}
