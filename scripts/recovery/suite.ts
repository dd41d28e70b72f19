import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import { type GridBlock, type Suite, suiteSchema } from '../../src/suite/schema.ts';
import type { Shape } from './measure-cell.ts';

export const readSuite = (file: string): Suite => suiteSchema.parse(parse(readFileSync(file, 'utf8')));

/** Streams that fill a share of the device's KV cache. */
function streams(block: GridBlock, device: SimulatedDevice, input: number, output: number): number[] {
  if ('concurrency' in block.load) return block.load.concurrency;
  const { kvCapacityTokens } = device.settings;
  return block.load.kv_fill.map((fill) =>
    Math.max(1, Math.round((fill * kvCapacityTokens) / (input + output))),
  );
}

/** Cells of a suite on a device. */
export function suiteShapes(suite: Suite, device: SimulatedDevice): Shape[] {
  return suite.grid.flatMap((block) =>
    block.input.flatMap((input) =>
      block.output
        .filter((output) => input + output <= device.maxLengthTokens)
        .flatMap((output) =>
          streams(block, device, input, output).map((concurrency) => ({
            input,
            output,
            concurrency,
            holdOut: block.hold_out,
          })),
        ),
    ),
  );
}
