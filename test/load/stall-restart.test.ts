import { expect, test } from 'vitest';
import type { LoadResult } from '../../src/load/cell.ts';
import { runDecodeBatches } from '../../src/load/decode-batches.ts';
import { FakeEngine, H100_LIKE } from './fake-engine.ts';
import { type CellFacts, cellOf, judge, runCell } from './run-cell.ts';

/** A residence is half a second; a whole window would take 30 s. */
const FACTS: CellFacts = {
  concurrency: 4,
  outputTokens: 50,
  stop: { min_s: 30, max_s: 60, min_requests: 16, confidence_half_width: 0.05 },
};
const stall = (...stalls: number[]) => ({ stalls, stallSeconds: 0.5 });

test('a stall in the window of a new shape ends it and starts warm-up and window anew, within seconds', () => {
  const opened: number[] = [];
  const result = runCell({ ...FACTS, stallGapToMedian: 10 }, stall(8));
  for (const event of result.events) if (event === 'opened') opened.push(1);
  expect(opened).toHaveLength(2);
  expect(result.restarted).toMatchObject({ where: expect.stringContaining('between tokens') });
  const { at_s, gap_s, times_usual } = result.restarted!;
  expect(gap_s).toBeCloseTo(0.508, 2);
  expect(times_usual).toBeGreaterThan(10);
  // Found as soon as a few requests that saw it had ended, not when the window would have closed.
  expect(at_s).toBeGreaterThan(8);
  expect(at_s).toBeLessThan(11);
  expect(result.window!.opened_s).toBeGreaterThan(at_s);
  expect(result.window!.opened_s - at_s).toBeLessThan(2);
  const { reasons, verdict, restarted } = judge(result, FACTS);
  expect(reasons).toEqual([]);
  expect(verdict).toBe('valid');
  expect(restarted).toMatchObject({ at_s, gap_ms: 1000 * gap_s });
});

test('a second stall ends the cell within seconds, to be measured again', () => {
  const result = runCell({ ...FACTS, stallGapToMedian: 10 }, stall(8, 15));
  expect(result.events.filter((event) => event === 'opened')).toHaveLength(2);
  expect(result.stoppedBy).toBe('stalled');
  expect(result.window!.closed_s).toBeLessThan(19);
  expect(judge(result, FACTS).reasons.map(({ code }) => code)).toContain('compile_stall');
});

test('a stall in the warm-up costs nothing, and a shape that is known is not watched', () => {
  const early = runCell({ ...FACTS, stallGapToMedian: 10 }, stall(1));
  expect(early.restarted).toBeUndefined();
  expect(judge(early, FACTS).verdict).toBe('valid');
  expect(runCell(FACTS, stall(8)).restarted).toBeUndefined();
});

test('batches that decode begin anew with the batch after the one that stalled', () => {
  const engine = new FakeEngine({ ...H100_LIKE, ...stall(3) });
  let result: LoadResult | null = null;
  const facts = { concurrency: 8, outputTokens: 50, stop: { min_s: 5, min_requests: 24 } };
  runDecodeBatches(engine, cellOf({ ...facts, stallGapToMedian: 10 }), { done: (done) => (result = done) });
  engine.run();
  const { restarted, window, timelines } = result!;
  expect(restarted!.at_s).toBeLessThan(4.5);
  expect(window!.opened_s).toBe(restarted!.at_s);
  expect(window!.closed_s - window!.opened_s).toBeGreaterThan(4.9);
  const inside = timelines.filter(({ sent_s }) => sent_s >= window!.opened_s);
  expect(inside.length % 8).toBe(0);
});
