import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { tpot } from '../../src/measure/latency.ts';
import { measuredRequests } from '../../src/measure/selection.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { summarise } from '../../src/stats/running.ts';
import type { Protocol } from '../../src/suite/schema.ts';
import { type CellFacts, cellOf, judge, runCell } from './run-cell.ts';

const card = builtInCard('llama-3.1-70b-fp8')!;
const accelerator = findAccelerator('h100-sxm');

/** A cell on a simulated Llama-3.1-70B FP8 on four H100, in virtual time. */
function runSimulated(facts: CellFacts): LoadResult {
  const port = createVirtualPort(
    createDevice({ accelerator, card, tensorParallel: 4, seed: facts.seed ?? 1 }),
  );
  let result: LoadResult | null = null;
  runClosedLoop(port, cellOf(facts), {
    done: (finished) => {
      result = finished;
    },
  });
  port.run(() => result !== null);
  return result!;
}

const runners = {
  'made-up engine': (facts: CellFacts): LoadResult => runCell(facts),
  simulator: runSimulated,
};
const shapes = [
  [1024, 1024, 64],
  [8192, 1024, 64],
] as const;

describe.each(Object.entries(runners))('on the %s', (_, run) => {
  describe.each(shapes)('%d/%d tokens at concurrency %d', (inputTokens, outputTokens, concurrency) => {
    const shape = { inputTokens, outputTokens, concurrency };
    const window = (residences: number, seed: number) => {
      const least = { min_requests: 2, confidence_half_width: 1, max_s: 1e6, max_requests: 1e6 };
      const { residence_s } = run({ ...shape, seed, stop: { ...least, min_s: 0 } });
      const length = residences * residence_s;
      return run({ ...shape, seed, stop: { ...least, min_s: length, max_s: length } });
    };

    test.each([1, 2])('a window of 1 residence gives the TPOT of 10 within one percent, seed %d', (seed) => {
      const [short, long] = [window(1, seed), window(10, seed)];
      const meanTpot = ({ timelines, window }: LoadResult) =>
        summarise(measuredRequests(timelines, window!).map((request) => tpot(request)!))!.mean;
      const length = (result: LoadResult) => result.window!.closed_s - result.window!.opened_s;
      expect(length(short)).toBeLessThan(1.5 * short.residence_s);
      expect(length(long)).toBeGreaterThan(9.5 * short.residence_s);
      expect(Math.abs(meanTpot(short) / meanTpot(long) - 1)).toBeLessThan(0.01);
    });
  });

  const locked = (facts: CellFacts) =>
    judge(run(facts), facts).reasons.some(({ code }) => code === 'phase_locked');
  const exactTogether: Partial<Protocol> = { release: 'burst', output_jitter: [1, 1] };

  test.each([16, 64])(
    'a common start with exact lengths at concurrency %d is caught as phase_locked',
    (concurrency) => {
      expect(locked({ inputTokens: 1024, outputTokens: 1024, concurrency, protocol: exactTogether })).toBe(
        true,
      );
    },
  );

  test.each([4, 16, 64, 128])('a spread start at concurrency %d is not', (concurrency) => {
    expect(locked({ inputTokens: 512, outputTokens: 512, concurrency })).toBe(false);
  });

  test('a spread start is sound in every respect', () => {
    const facts = {
      inputTokens: 1024,
      outputTokens: 512,
      concurrency: 16,
      stop: { confidence_half_width: 0.2 },
    };
    expect(judge(run(facts), facts)).toMatchObject({ verdict: 'valid', reasons: [] });
  });
});
