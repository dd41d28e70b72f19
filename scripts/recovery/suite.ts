import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import { type CellKind, type GridBlock, type Suite, suiteSchema } from '../../src/suite/schema.ts';
import { isTraceBlock } from '../../src/suite/trace.ts';

export interface Shape {
  readonly kind: CellKind;
  readonly input: number;
  /** Of it, in the prefix cache; absent: nothing. */
  readonly cachedInput?: number;
  readonly output: number;
  readonly concurrency: number;
  /** Share of the KV cache that the cell was meant to fill. */
  readonly kvFill: number | null;
  readonly holdOut: boolean;
}

export const readSuite = (file: string): Suite => suiteSchema.parse(parse(readFileSync(file, 'utf8')));

type Load = Pick<Shape, 'concurrency' | 'kvFill'>;

/** Closed loops of a block; a KV fill becomes the streams that fill that share of the device's cache. */
function loads(block: GridBlock, device: SimulatedDevice, tokens: number): Load[] {
  const { load } = block;
  if ('concurrency' in load) {
    return load.concurrency.map((concurrency) => ({ concurrency, kvFill: null }));
  }
  if ('rate_per_s' in load) return [];
  return load.kv_fill.map((kvFill) => ({
    concurrency: Math.max(1, Math.round((kvFill * device.settings.kvCapacityTokens) / tokens)),
    kvFill,
  }));
}

/** Cells of a suite on a device. */
export function suiteShapes(suite: Suite, device: SimulatedDevice): Shape[] {
  const { tensorParallel } = device.settings;
  const blocks = suite.grid.filter(
    (block): block is GridBlock =>
      !isTraceBlock(block) && (block.tensor_parallel?.includes(tensorParallel) ?? true),
  );
  return blocks.flatMap((block) =>
    block.input.flatMap((input) =>
      block.output
        .filter((output) => input + output <= device.maxLengthTokens)
        .flatMap((output) =>
          (block.cached_input ?? [undefined]).flatMap((cachedInput) =>
            loads(block, device, input + output).map((load) => ({
              ...load,
              kind: block.kind ?? 'load',
              input,
              ...(cachedInput !== undefined && { cachedInput }),
              output,
              holdOut: block.hold_out,
            })),
          ),
        ),
    ),
  );
}
