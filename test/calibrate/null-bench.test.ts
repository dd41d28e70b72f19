import { expect, onTestFinished, test } from 'vitest';
import { NullBench } from '../../src/calibrate/null-bench.ts';
import { stampErrors } from '../../src/calibrate/stamps.ts';

/** Two processes' clocks agree to a microsecond or so. */
const CLOCK_AGREEMENT_S = 50e-6;

// How late stamps are depends on what else runs on this host; what is true of every host is asserted.
test.each([
  { servers: 1, workersAServer: 1 },
  { servers: 2, workersAServer: 2 },
])('every token is seen, none before it left: %j', async (shape) => {
  const bench = await NullBench.open(shape);
  onTestFinished(() => bench.close());
  const outputTokens = 12;
  for (const streams of [8, 16]) {
    const { pairs, window } = await bench.measure({ streams, outputTokens, windowS: 0.2 });
    expect(window.to - window.from).toBeCloseTo(0.2, 6);
    expect(pairs.length).toBeGreaterThanOrEqual(streams);
    for (const { seen, truth } of pairs) {
      expect(truth.sentAt).toHaveLength(outputTokens);
      expect(seen.sentAt).toBeLessThan(truth.receivedAt + CLOCK_AGREEMENT_S);
    }
    const { stamps, ttftBias } = stampErrors(pairs, { from: 0, to: Number.POSITIVE_INFINITY });
    expect(ttftBias).toHaveLength(pairs.length);
    expect(stamps).toHaveLength(pairs.length * outputTokens);
    expect(Math.min(...stamps)).toBeGreaterThan(-CLOCK_AGREEMENT_S);
  }
});
