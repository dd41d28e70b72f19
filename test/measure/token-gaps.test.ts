import { describe, expect, test } from 'vitest';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { tokenGapsInTime } from '../../src/measure/token-gaps.ts';
import { evidence, loop, type RequestFacts, request } from './cells.ts';

/** Tokens 10 ms apart, but for one gap of 90 ms in the middle. */
const stalled = (sent_s: number): RequestFacts => {
  const at_s = Array.from({ length: 100 }, (_, i) => sent_s + 0.1 + 0.01 * i + (i >= 50 ? 0.08 : 0));
  return { chunks: { at_s, tokens: at_s.map(() => 1), bound_s: at_s.map(() => 0) } };
};

const judged = (timelines: ReturnType<typeof loop>, objectives: Record<string, number>) =>
  measureCell(evidence({ timelines, objectives })).metrics!;

describe('objectives on the time between tokens', () => {
  const even = loop();

  test('are judged over all gaps of all requests', () => {
    const mixed = loop({ each: (sequence, sent) => (sequence % 2 === 0 ? stalled(sent) : {}) });
    const { objectives } = judged(mixed, { tbt_p50_ms: 11, tbt_p99_ms: 11, tbt_mean_ms: 10.2 });
    // One gap in 198 is long: it is in no p99, and moves the mean by 0.4 ms.
    expect(objectives).toMatchObject([
      { key: 'tbt_p50_ms', value_ms: expect.closeTo(10, 6), met: true },
      { key: 'tbt_p99_ms', value_ms: expect.closeTo(10, 6), met: true },
      { key: 'tbt_mean_ms', met: false },
    ]);
  });

  test('count a request as good by its own gaps', () => {
    const mixed = loop({ each: (sequence, sent) => (sequence % 2 === 0 ? stalled(sent) : {}) });
    const inside = mixed.filter(({ sent_s }) => sent_s >= 0 && sent_s < 10);
    const good = inside.filter(({ sequence }) => sequence % 2 === 1).length;
    // Of 99 gaps the slowest percent is the long one: type 7 interpolates towards it.
    expect(judged(mixed, { tbt_p99_ms: 11 }).goodput_requests_per_s).toBeCloseTo(good / 10, 9);
    expect(judged(mixed, { tbt_p99_ms: 200 }).goodput_requests_per_s).toBeCloseTo(inside.length / 10, 9);
  });

  test('are not judged where chunks carry several tokens', () => {
    const two = loop({
      each: (_, sent) => {
        const { at_s, bound_s } = request({ sent_s: sent }).chunks;
        return { chunks: { at_s, bound_s, tokens: at_s.map(() => 2) }, usage: null };
      },
    });
    const { objectives, goodput_requests_per_s, requests_per_s } = judged(two, { tbt_p99_ms: 1 });
    expect(objectives).toMatchObject([{ key: 'tbt_p99_ms', value_ms: null, met: null }]);
    expect(goodput_requests_per_s).toBe(requests_per_s);
  });

  test('see a failed request as gaps without end', () => {
    const lost = request({
      sequence: 999,
      sent_s: 5,
      outcome: { state: 'failed', kind: 'timeout', message: '', http_status: null },
    });
    expect(
      tokenGapsInTime([...even.slice(0, 3), lost])!.filter((gap) => gap === Number.POSITIVE_INFINITY),
    ).toHaveLength(99);
    expect(judged([...even, lost], { tbt_p99_ms: 1e6 }).objectives[0]).toMatchObject({
      value_ms: null,
      met: false,
    });
    expect(judged([...even, lost], { tbt_p50_ms: 11 }).objectives[0]).toMatchObject({ met: true });
  });
});

test('gaps come in the order of their tokens, over all requests', () => {
  const [a, b] = [
    request({ sent_s: 0, output_tokens: 3, tpot: 1 }),
    request({ sent_s: 0.5, output_tokens: 3, tpot: 2 }),
  ];
  expect(tokenGapsInTime([b, a])!.map((gap) => Math.round(gap))).toEqual([1, 1, 2, 2]);
});
