import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { runDecodeBatches } from '../../src/load/decode-batches.ts';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import type { Protocol, StopRule } from '../../src/suite/schema.ts';
import type { Shape } from './suite.ts';

/** Runs one cell, a closed loop or batches that decode, on a simulated device in virtual time; with the true mean power of a device over its window. */
export function loadCell(
  device: SimulatedDevice,
  shape: Shape,
  protocol: Protocol,
  stop: StopRule,
  seed: number,
): LoadResult & { readonly power_w: number | null } {
  const port = createVirtualPort(device, { cachedTokens: shape.cachedInput ?? 0 });
  const ended: LoadResult[] = [];
  const run = shape.kind === 'decode' ? runDecodeBatches : runClosedLoop;
  run(
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
    { done: (result) => ended.push(result) },
  );
  port.run(() => ended.length > 0);
  const [result] = ended;
  if (!result) throw new Error(`a cell never ended: ${JSON.stringify(shape)}`);
  const { window } = result;
  return { ...result, power_w: window && port.power.mean(window.opened_s, window.closed_s) };
}
