import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Protocol, type StopRule, suiteSchema } from '../../src/suite/schema.ts';
import type { Shape } from './measure-cell.ts';

/** Cells, protocol and stop rule of a suite file, without a target's limits. */
export function suiteShapes(file: string): { shapes: Shape[]; protocol: Protocol; stop: StopRule } {
  const suite = suiteSchema.parse(parse(readFileSync(file, 'utf8')));
  const shapes = suite.grid.flatMap((block) => {
    const { load } = block;
    if (!('concurrency' in load)) return [];
    return block.input.flatMap((input) =>
      block.output.flatMap((output) =>
        load.concurrency.map((concurrency) => ({ input, output, concurrency, holdOut: block.hold_out })),
      ),
    );
  });
  return { shapes, protocol: suite.protocol, stop: suite.stop };
}
