import { describe, expect, test } from 'vitest';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import type { CellProgress } from '../../src/run/events.ts';
import { FakeEngine, H100_LIKE } from './fake-engine.ts';
import { cellOf, judge, runCell } from './run-cell.ts';

describe('a cell from probe to end', () => {
  const cell = runCell({ concurrency: 8 });
  const probe = cell.timelines[0]!;
  const load = cell.timelines.filter(({ role }) => role === 'load');

  test('begins with one probe alone, of nominal length', () => {
    expect(probe).toMatchObject({ role: 'probe', sequence: 0, output_tokens: 50 });
    for (const { sent_s } of load) expect(sent_s).toBeGreaterThanOrEqual(probe.ended_s);
  });

  test('releases its streams evenly over the probe’s residence', () => {
    const starts = Array.from(
      { length: 8 },
      (_, stream) => load.find((r) => r.stream === stream)!.scheduled_s,
    );
    const gaps = starts.slice(1).map((start, i) => start - starts[i]!);
    for (const gap of gaps) expect(gap).toBeCloseTo((probe.ended_s - probe.sent_s) / 8, 9);
  });

  test('warms up for a residence and as many requests as streams before the window opens', () => {
    const { opened_s } = cell.window!;
    expect(opened_s - probe.ended_s).toBeGreaterThanOrEqual(probe.ended_s - probe.sent_s);
    expect(load.filter((r) => r.ended_s <= opened_s).length).toBeGreaterThanOrEqual(8);
  });

  test('keeps the target in flight from the window’s opening until its last request has finished', () => {
    const lastEnd = Math.max(...cell.measured.map((r) => r.ended_s));
    const all = cell.timelines.filter(({ role }) => role !== 'probe');
    for (let time = cell.window!.opened_s; time < lastEnd; time += 0.05) {
      const inFlight = all.filter((r) => r.sent_s <= time && r.ended_s > time).length;
      expect(inFlight).toBe(8);
    }
  });

  test('finishes every request sent inside the window, and aborts only what came after', () => {
    expect(cell.measured.length).toBeGreaterThan(16);
    for (const { outcome } of cell.measured) expect(outcome.state).toBe('completed');
    const aborted = cell.timelines.filter(({ outcome }) => outcome.state === 'aborted');
    expect(aborted.length).toBeGreaterThan(0);
    for (const { sent_s } of aborted) expect(sent_s).toBeGreaterThanOrEqual(cell.window!.closed_s);
  });

  test('tells when the window opens and closes, then that it is done, each once', () => {
    expect(cell.events).toEqual(['opened', 'closed', 'done']);
    expect(cell.stoppedBy).toBe('converged');
    expect(cell.warmUpCapped).toBe(false);
  });

  test('draws its output lengths from the seed: the same again, others for another seed, uniform in their range', () => {
    const lengths = (seed: number) => runCell({ seed }).engine.sent.map((spec) => spec.outputTokens);
    expect(lengths(1)).toEqual(lengths(1));
    expect(lengths(1)).not.toEqual(lengths(2));
    const drawn = cell.measured.map((r) => r.output_tokens);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(45);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(55);
    expect(new Set(drawn).size).toBeGreaterThan(6);
  });

  test('times are from the cell’s origin, whatever the port’s clock says', () => {
    const later = runCell({ concurrency: 8 }, { startAt: 5000 });
    expect(later.window!.opened_s).toBeCloseTo(cell.window!.opened_s, 6);
    expect(later.timelines[0]!.sent_s).toBe(0);
    expect(later.measured[0]!.chunks.at_s[0]).toBeCloseTo(cell.measured[0]!.chunks.at_s[0]!, 6);
  });
});

describe('a cell of mixed lengths', () => {
  const cell = runCell({
    concurrency: 8,
    protocol: { input_spread: [0.25, 4], output_jitter: [0.5, 1.5], release_min_s: 7 },
  });
  const sent = cell.engine.sent.slice(1);

  test('draws prompts evenly in the logarithm between its multiples, outputs as ever', () => {
    const nominal = cell.engine.sent[0]!.inputTokens;
    const shares = sent.map(({ inputTokens }) => inputTokens / nominal);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.24);
    expect(Math.max(...shares)).toBeLessThanOrEqual(4.01);
    const below = shares.filter((share) => share < 1).length / shares.length;
    expect(below).toBeGreaterThan(0.3);
    expect(below).toBeLessThan(0.7);
    const exact = runCell({ concurrency: 8, protocol: { output_jitter: [0.5, 1.5], release_min_s: 7 } });
    const outputs = (run: typeof cell) => run.engine.sent.slice(0, 9).map((spec) => spec.outputTokens);
    expect(outputs(cell)).toEqual(outputs(exact));
  });

  test('of so many lengths draws only these, ends included', () => {
    const few = runCell({
      concurrency: 8,
      protocol: { input_spread: [0.25, 4], input_lengths: 5, output_jitter: [0.5, 1.5] },
    });
    const [nominal, ...lengths] = few.engine.sent.map(({ inputTokens }) => inputTokens);
    const shares = new Set(lengths.map((length) => length / nominal!));
    expect([...shares].sort((a, b) => a - b)).toEqual([0.25, 0.5, 1, 2, 4]);
  });

  test('takes its time to release the streams', () => {
    const load = cell.timelines.filter(({ role }) => role === 'load');
    const starts = Array.from({ length: 8 }, (_, stream) => load.find((r) => r.stream === stream)!.sent_s);
    expect(starts[7]! - starts[0]!).toBeCloseTo((7 / 8) * 7, 6);
  });
});

describe('lengths', () => {
  test('exact ones are exact under a common start', () => {
    const { engine } = runCell({ protocol: { output_jitter: [1, 1], release: 'burst' } });
    expect(new Set(engine.sent.map((spec) => spec.outputTokens))).toEqual(new Set([50]));
  });

  test('stay within the model’s maximum', () => {
    const { engine } = runCell({ maxLengthTokens: 148 });
    expect(Math.max(...engine.sent.map((spec) => spec.outputTokens))).toBe(48);
  });

  test('single tokens have no TPOT, and still converge', () => {
    const cell = runCell({ outputTokens: 1, concurrency: 2 });
    expect(cell.stoppedBy).toBe('converged');
    expect(judge(cell, { concurrency: 2, outputTokens: 1 }).metrics!.tpot_ms).toBeNull();
  });
});

describe('the window closes', () => {
  test('no sooner than a residence under load, the minimum of requests and of time', () => {
    const loose = { confidence_half_width: 1, min_requests: 1, min_s: 0 };
    const one = runCell({ concurrency: 16, stop: loose });
    expect(one.window!.closed_s - one.window!.opened_s).toBeGreaterThanOrEqual(one.residence_s);
    const requests = runCell({ concurrency: 16, stop: { ...loose, min_requests: 200 } });
    expect(
      requests.measured.filter((r) => r.ended_s <= requests.window!.closed_s).length,
    ).toBeGreaterThanOrEqual(200);
    const time = runCell({ concurrency: 16, stop: { ...loose, min_s: 30 } });
    expect(time.window!.closed_s - time.window!.opened_s).toBeGreaterThanOrEqual(30);
  });

  test('at its cap of time or requests when it does not converge', () => {
    const never = { confidence_half_width: 0.0005, min_s: 0 };
    const time = runCell({ stop: { ...never, max_s: 7 } });
    expect(time.stoppedBy).toBe('max_time');
    expect(time.window!.closed_s - time.window!.opened_s).toBeCloseTo(7, 6);
    const requests = runCell({ stop: { ...never, max_requests: 40, max_s: 1e5 } });
    expect(requests.stoppedBy).toBe('max_requests');
    expect(requests.measured.filter((r) => r.ended_s <= requests.window!.closed_s)).toHaveLength(40);
  });
});

test('a warm-up that reaches its cap says so, and the window still opens', () => {
  const cell = runCell({ concurrency: 32, outputTokens: 400, protocol: { warm_up_max_s: 1 } });
  expect(cell.warmUpCapped).toBe(true);
  expect(cell.window!.opened_s).toBeLessThan(6);
  expect(judge(cell, { concurrency: 32 }).reasons.map(({ code }) => code)).toContain('unsteady');
});

describe('failed requests', () => {
  test('a probe is tried again a few times, then the cell has failed', () => {
    const cell = runCell({}, { fails: () => true });
    expect(cell).toMatchObject({ stoppedBy: 'failed', window: null });
    expect(cell.engine.sent).toHaveLength(3);
    expect(cell.timelines).toHaveLength(3);
    expect(judge(cell, {}).reasons.map(({ code }) => code)).toEqual(['request_failed', 'window_short']);
  });

  test('a stream waits before it sends again, longer each time', () => {
    const cell = runCell({}, { fails: ({ sequence }) => sequence >= 20 && sequence < 24 });
    expect(cell.stoppedBy).toBe('converged');
    for (const failure of cell.timelines.filter(({ outcome }) => outcome.state === 'failed')) {
      const next = cell.timelines.find((r) => r.stream === failure.stream && r.sequence > failure.sequence);
      if (next) expect(next.sent_s - failure.ended_s).toBeGreaterThanOrEqual(0.5);
    }
  });

  test('too many of them end the cell, with a bounded number of requests', () => {
    const cell = runCell({ concurrency: 64 }, { fails: ({ sequence }) => sequence > 200 });
    expect(cell.stoppedBy).toBe('failed');
    expect(cell.timelines.filter(({ outcome }) => outcome.state === 'failed')).toHaveLength(8);
    expect(cell.events.filter((event) => event === 'done')).toHaveLength(1);
  });
});

describe('cancelling', () => {
  test.each([
    ['the probe', 0.05, false],
    ['the warm-up', 0.6, false],
    ['the window', 4, true],
  ])('during %s aborts what is in flight and ends once', (_, time, opened) => {
    const cell = runCell({}, {}, (engine, running) => {
      engine.at(time, () => {
        running.cancel();
        running.cancel();
      });
    });
    expect(cell.stoppedBy).toBe('cancelled');
    expect(cell.window !== null).toBe(opened);
    expect(cell.events).toEqual(opened ? ['opened', 'closed', 'done'] : ['done']);
    expect(cell.timelines.some(({ outcome }) => outcome.state === 'aborted')).toBe(true);
    expect(cell.timelines).toHaveLength(cell.engine.sent.length);
  });

  test('after the end does nothing', () => {
    const events: LoadResult[] = [];
    const engine = new FakeEngine(H100_LIKE);
    const cell = runClosedLoop(engine, cellOf(), { done: (result) => void events.push(result) });
    engine.run();
    cell.cancel();
    expect(events).toHaveLength(1);
    expect(events[0]!.stoppedBy).toBe('converged');
  });
});

test('progress goes through the phases, a few times a second', () => {
  const engine = new FakeEngine(H100_LIKE);
  const seen: CellProgress[] = [];
  runClosedLoop(engine, cellOf({ concurrency: 8, outputTokens: 200 }), {
    progress: (progress) => void seen.push(progress),
    done: () => {},
  });
  engine.run();
  expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['probe', 'warm_up', 'window', 'drain']);
  const window = seen.filter(({ phase }) => phase === 'window').at(-1)!;
  expect(window.in_flight).toBe(8);
  // A step of 8 streams takes 8.5 ms.
  expect(window.output_tokens_per_s! / (8 / 0.0085)).toBeCloseTo(1, 1);
  expect(seen.length).toBeLessThanOrEqual(Math.ceil(seen.at(-1)!.elapsed_s * 4));
});

test('a long window costs the same a request as a short one', () => {
  const time = (requests: number) => {
    const stop = {
      min_requests: requests,
      max_requests: requests,
      max_s: 1e9,
      confidence_half_width: 0.0005,
    };
    const began = performance.now();
    runCell({ outputTokens: 2, concurrency: 4, stop });
    return (performance.now() - began) / requests;
  };
  time(500);
  expect(time(16_000)).toBeLessThan(20 * time(2000));
});
