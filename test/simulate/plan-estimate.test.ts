import { expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { closedLoopCell } from '../../src/plan/closed-loop-cell.ts';
import { cellSeconds } from '../../src/plan/estimate.ts';
import { targetModel } from '../../src/plan/facts.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { factsOf } from '../plan/facts.ts';

const accelerator = findAccelerator('h100-sxm');
const card = builtInCard('meta-llama/Llama-3.1-8B')!;
const protocol = protocolSchema.parse({});
const stop = stopSchema.parse({
  confidence_half_width: 0.02,
  min_requests: 16,
  max_requests: 1200,
  min_s: 5,
  max_s: 180,
});

// The request overhead of the simulator varies as a server's own part does: alone it is what keeps a window open.
test.each([
  [1024, 256, 1],
  [128, 2, 1],
  [16384, 2, 1],
  [512, 384, 32],
  [128, 512, 64],
])(
  'a plan’s seconds of %i/%i with %i streams are about what the cell takes',
  (input, output, concurrency) => {
    const device = createDevice({ accelerator, card, effects: ['frontend', 'jitter'], seed: 1 });
    const port = createVirtualPort(device);
    const facts = factsOf({ accelerator, card, maxNumBatchedTokens: device.settings.maxNumBatchedTokens });
    const shape = { input_tokens: input, output_tokens: output, concurrency };
    const estimate = cellSeconds(targetModel(facts), closedLoopCell(shape), protocol, stop);
    let ended: LoadResult | null = null;
    const cell = {
      ...{ inputTokens: input, outputTokens: output, concurrency },
      ...{ protocol, stop, seed: 1, maxLengthTokens: device.maxLengthTokens },
    };
    runClosedLoop(port, cell, { done: (result) => (ended = result) });
    port.run(() => ended !== null);
    expect(estimate / port.now()).toBeGreaterThan(0.6);
    expect(estimate / port.now()).toBeLessThan(1.7);
  },
);
