import { expect, test } from 'vitest';
import { touchesOf } from '../../src/agent/touch-first.ts';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { touchShape } from '../../src/load/touch.ts';
import { NO_SIZES, unseenSizes } from '../../src/plan/touch-sizes.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { cellOf } from '../load/run-cell.ts';
import { cell } from '../run/facts.ts';
import { device, parameters } from './factory.ts';

const SHAPE = { input_tokens: 1200, output_tokens: 60, concurrency: 24 };

/** Steps of a cell that stall as for a compilation, with the server touched before or not; in virtual time. */
async function stalls(touched: boolean): Promise<number> {
  const on = device({
    effects: ['stalls'],
    maxNumBatchedTokens: 2048,
    maxNumSeqs: 64,
    seed: 3,
    parameters: { ...parameters, gemm_flop_per_s: 5e15, attention_flop_per_s: 5e15 },
  });
  const port = createVirtualPort(on);
  if (touched) {
    const limits = { maxNumBatchedTokens: 2048, maxNumSeqs: 64, maxLengthTokens: null };
    const touch_sizes = unseenSizes(cell(SHAPE), limits, NO_SIZES);
    const touches = touchesOf({
      ...SHAPE,
      first_of_shape: true,
      touch_sizes: { prompts: [...touch_sizes.prompts], batch: touch_sizes.batch },
    });
    for (const one of touches) {
      const done = touchShape(port, one, new AbortController().signal);
      port.run();
      await done;
    }
  }
  const facts = {
    inputTokens: 1200,
    outputTokens: 60,
    concurrency: 24,
    stop: { min_s: 1, min_requests: 100 },
  };
  let result: LoadResult | null = null;
  runClosedLoop(port, cellOf(facts), { done: (done) => (result = done) });
  port.run();
  const { timelines } = result!;
  const ends = new Set<number>();
  for (const { role, chunks } of timelines.filter(({ role }) => role === 'load'))
    chunks.at_s.forEach((at, k) => {
      // A step of this device takes under 20 ms, with a hiccup 25 ms more, a compilation 50 ms at least.
      if (role === 'load' && k > 0 && at - chunks.at_s[k - 1]! > 0.05) ends.add(at);
    });
  return ends.size;
}

test('a server that was shown the sizes of its steps compiles none while the cell is under load', async () => {
  const untouched = await stalls(false);
  expect(untouched).toBeGreaterThan(3);
  expect(await stalls(true)).toBe(0);
});
