import { describe, expect, it } from 'vitest';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { runClosedLoop } from './closed-loop.ts';
import { device } from './factory.ts';

const share = (predicted: number, seen: number): number => Math.abs(predicted / seen - 1);

/** Where prefill load is below 0.7 and nothing queues for seats or KV. Input, output, concurrency. */
const cells = [
  [128, 128, 1],
  [512, 128, 4],
  [1024, 256, 16],
  [128, 128, 64],
  [512, 256, 128],
  [4096, 512, 6],
  [8192, 512, 8],
  [16000, 512, 4],
] as const;

describe('the closed form against the scheduler', () => {
  it.each(cells)('agrees for %i in, %i out, %i streams', (inputTokens, outputTokens, concurrency) => {
    const simulated = device();
    const shape = { inputTokens, outputTokens, concurrency };
    const seen = runClosedLoop(simulated, shape, Math.max(1000, 10 * concurrency));
    const predicted = closedLoopMeans(simulated.card, simulated.parameters, simulated.settings, {
      ...shape,
      turnAroundSeconds: 0,
    });
    expect(predicted.rough).toBe(false);
    expect(share(predicted.ttftSeconds, seen.ttft)).toBeLessThan(0.03);
    expect(share(predicted.tpotSeconds!, seen.tpot)).toBeLessThan(0.01);
    expect(share(predicted.outputTokensPerSecond, seen.outputTokensPerSecond)).toBeLessThan(0.015);
  });
});
