import { describe, expect, test } from 'vitest';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import { runDecodeBatches } from '../../src/load/decode-batches.ts';
import { batchDecode, batchesOf } from '../../src/measure/decode-steps.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { lengthened } from '../../src/power/least-window.ts';
import { stepTime } from '../../src/roofline/step.ts';
import type { SimulatedDevice } from '../../src/simulate/device.ts';
import type { EffectName } from '../../src/simulate/effects.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { device } from '../simulate/factory.ts';
import { FakeEngine, H100_LIKE } from './fake-engine.ts';
import { type CellFacts, cellOf } from './run-cell.ts';

const STOP = { min_s: 0, min_requests: 1 };

function decode(on: SimulatedDevice, facts: CellFacts): LoadResult {
  const port = createVirtualPort(on, { startsAt: 5 });
  let result: LoadResult | null = null;
  runDecodeBatches(port, cellOf({ stop: STOP, ...facts }), { done: (done) => (result = done) });
  port.run();
  return result!;
}

const judged = (result: LoadResult, facts: CellFacts, kind: 'decode' | 'prefill' = 'decode') => {
  const { concurrency, stop } = cellOf({ stop: STOP, ...facts });
  return measureCell({
    ...result,
    kind,
    concurrency,
    stop,
    kvFill: null,
    objectives: null,
    server: null,
    serverWholeCell: null,
    maxNumSeqs: null,
    firstOfShape: true,
    eventLoopDelay: null,
  });
};

test.each([
  [1, 64],
  [16, 1024],
  [64, 512],
])(
  '%i streams of %i tokens: TPOT is the time of the steps in which all of them decode',
  (concurrency, inputTokens) => {
    const on = device();
    const facts = { concurrency, inputTokens, outputTokens: 128 };
    const { metrics, verdict, reasons } = judged(decode(on, facts), facts);
    expect(reasons).toEqual([]);
    expect(verdict).toBe('valid');
    const steps = metrics!.decode!;
    expect(steps.batches).toBeGreaterThanOrEqual(3);
    expect(steps.mean_context_tokens).toBeCloseTo(inputTokens + 64, -1);
    const expected = stepTime(on.card, on.parameters, 1, {
      prefills: [],
      decodes: concurrency,
      decodeContext: steps.mean_context_tokens,
    }).total;
    expect(metrics!.tpot_ms!.mean / (1000 * expected)).toBeCloseTo(1, 3);
    expect(metrics!.output_tokens_per_s! * expected).toBeCloseTo(concurrency, 1);
  },
);

test('a batch is released at one instant, all of one length, the next when the last one has ended', () => {
  const facts = { concurrency: 8, inputTokens: 256, outputTokens: 40, stop: { ...STOP, min_requests: 40 } };
  const { timelines, window, stoppedBy } = decode(device(), facts);
  const load = timelines.filter(({ role }) => role === 'load');
  const batches = batchesOf(load);
  // One to warm up, five to measure.
  expect(batches.map(({ length }) => length)).toEqual([8, 8, 8, 8, 8, 8]);
  expect(stoppedBy).toBe('converged');
  for (const [index, batch] of batches.entries()) {
    expect(new Set(batch.map(({ sent_s }) => sent_s)).size).toBe(1);
    expect(batch.every(({ output_tokens }) => output_tokens === 40)).toBe(true);
    const before = batches[index - 1];
    if (before) expect(batch[0]!.sent_s).toBe(Math.max(...before.map(({ ended_s }) => ended_s)));
  }
  expect(window!.opened_s).toBe(batches[1]![0]!.sent_s);
  expect(window!.closed_s).toBe(Math.max(...load.map(({ ended_s }) => ended_s)));
});

test('a power source makes the window longer, and the batches before it fill its lag', () => {
  const sensor = { averaging: '1s', interval_s: 0.1, has_counter: false } as const;
  const { protocol, stop } = cellOf({ stop: { ...STOP, max_requests: 8 } });
  const facts = {
    concurrency: 8,
    inputTokens: 256,
    outputTokens: 40,
    ...lengthened({ protocol, stop }, sensor),
  };
  const result = decode(device(), facts);
  const { timelines, window } = result;
  const batches = batchesOf(timelines.filter(({ role }) => role === 'load'));
  expect(window!.closed_s - window!.opened_s).toBeGreaterThan(30);
  expect(window!.opened_s - batches[0]![0]!.sent_s).toBeGreaterThanOrEqual(2);
  // No longer than the next batch needs.
  expect(window!.closed_s - window!.opened_s).toBeLessThan(32);
  expect(judged(result, facts).reasons).toEqual([]);
});

test('prompts that take as long as the answers leave no step in which all of the batch decodes', () => {
  const on = device({ maxNumBatchedTokens: 256, maxNumSeqs: 64 });
  const facts = { concurrency: 32, inputTokens: 512, outputTokens: 24 };
  const { verdict, reasons, metrics } = judged(decode(on, facts), facts);
  expect(metrics!.decode).toBeNull();
  expect(metrics!.tpot_ms).toBeNull();
  expect(verdict).toBe('invalid');
  expect(reasons.map(({ code }) => code)).toContain('window_short');
});

test('a stream is counted between its own stamps, whatever chunks they came in', () => {
  const stream = (at_s: number[], tokens: number[]) => ({
    chunks: { at_s, tokens, bound_s: at_s.map(() => 0) },
    input_tokens: 10,
  });
  const batch = [stream([1, 2, 3, 5, 6], [1, 1, 1, 2, 1]), stream([2.1, 3.1, 4.1, 5.1], [1, 1, 1, 1])];
  // From 2.1 (the last first token) to 5.1 (the first finish): 3 -> 5 of the first, 2.1 -> 5.1 of the second.
  expect(batchDecode(batch as never)).toMatchObject({ tokens: 5, steps: 3, span_s: 2.5, tpot_s: 1 });
});

test('failed requests spoil their batch; a server that goes on failing ends the cell', () => {
  const failing = (from: number) =>
    new FakeEngine({ ...H100_LIKE, fails: ({ sequence }) => sequence >= from });
  let result: LoadResult | null = null;
  const facts = { concurrency: 4, outputTokens: 50 };
  const engine = failing(9);
  runDecodeBatches(engine, cellOf({ stop: STOP, ...facts }), { done: (done) => (result = done) });
  engine.run();
  const { stoppedBy, window } = result!;
  expect(stoppedBy).toBe('failed');
  expect(window).not.toBeNull();
  const { reasons, metrics } = judged(result!, facts);
  expect(reasons.map(({ code }) => code)).toContain('request_failed');
  expect(metrics!.decode!.batches).toBe(1);
});

test('cancelling aborts the batch in flight and ends the cell once', () => {
  const engine = new FakeEngine(H100_LIKE);
  const ends: LoadResult[] = [];
  const cell = runDecodeBatches(engine, cellOf({ concurrency: 4, stop: STOP }), {
    done: (done) => ends.push(done),
    windowOpened: () => engine.at(engine.now() + 0.01, () => cell.cancel()),
  });
  engine.run();
  expect(ends).toHaveLength(1);
  expect(ends[0]!.stoppedBy).toBe('cancelled');
  expect(ends[0]!.timelines.filter(({ outcome }) => outcome.state === 'aborted')).toHaveLength(4);
});

test.each([
  [1, 512],
  [4, 256],
  [16, 128],
  [16, 2048],
])(
  'prefill: %i streams of %i tokens and one output token are sound without TPOT',
  (concurrency, inputTokens) => {
    const port = createVirtualPort(device());
    let result: LoadResult | null = null;
    const facts = { concurrency, inputTokens, outputTokens: 1, stop: { min_s: 0 } };
    runClosedLoop(port, cellOf(facts), { done: (done) => (result = done) });
    port.run();
    const { metrics, verdict, reasons } = judged(result!, facts, 'prefill');
    expect(reasons).toEqual([]);
    expect(verdict).toBe('valid');
    expect(metrics!.tpot_ms).toBeNull();
    expect(metrics!.ttft_ms!.mean).toBeCloseTo(metrics!.e2e_ms!.mean, 9);
  },
);

describe('streams of prompts alone that send together', () => {
  const prefill = (facts: CellFacts, effects: readonly EffectName[] = []) => {
    const port = createVirtualPort(device({ effects }));
    let result: LoadResult | null = null;
    const cell = { inputTokens: 128, outputTokens: 1, concurrency: 16, stop: { min_s: 2 }, ...facts };
    runClosedLoop(port, cellOf(cell), { done: (done) => (result = done) });
    port.run();
    const { metrics, reasons } = judged(result!, cell, 'prefill');
    return { codes: reasons.map(({ code }) => code), ttft: metrics!.ttft_ms!.mean };
  };

  test('by one step that completes several of them are sound', () => {
    for (const concurrency of [4, 16, 64])
      for (const inputTokens of [128, 512])
        expect(prefill({ concurrency, inputTokens }).codes).not.toContain('phase_locked');
  });

  test('because all of them were released at once wait longer for ever, which is told', () => {
    const locked = prefill({ protocol: { release: 'burst' } });
    expect(locked.codes).toContain('phase_locked');
    expect(locked.ttft / prefill({}).ttft).toBeGreaterThan(1.2);
    // What varies in a real server's frontend ends it.
    const freed = prefill({ protocol: { release: 'burst' } }, ['frontend', 'jitter']);
    expect(freed.codes).not.toContain('phase_locked');
  });
});
