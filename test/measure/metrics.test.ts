import { describe, expect, test } from 'vitest';
import { chunkGaps, singleTokenShare } from '../../src/measure/gaps.ts';
import { e2e, residence, tpot, tpotVllm, ttft, ttftScheduled, ttftVllm } from '../../src/measure/latency.ts';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { tokensArrived } from '../../src/measure/window-totals.ts';
import fc from '../property.ts';
import { evidence, loop, request } from './cells.ts';

describe('the same stream in other tools’ words: TTFT 2 s, then a token every 20 ms, 128 tokens', () => {
  const stream = request({ ttft: 2, tpot: 0.02, output_tokens: 128 });

  test('TTFT 2 s, E2E 4.54 s, TPOT 20 ms', () => {
    expect(ttft(stream)).toBeCloseTo(2, 12);
    expect(e2e(stream)).toBeCloseTo(4.54, 12);
    expect(tpot(stream)).toBeCloseTo(0.02, 12);
    expect(residence(stream)).toBeCloseTo(4.54, 12);
  });

  test('ICL is 20 ms and is ITL, since each chunk carries one token', () => {
    expect(chunkGaps([stream])).toHaveLength(127);
    for (const gap of chunkGaps([stream])) expect(gap).toBeCloseTo(0.02, 9);
    expect(singleTokenShare([stream])).toBe(1);
  });

  test('vLLM’s TTFT and TPOT are the same without a role chunk', () => {
    expect(ttftVllm(stream)).toBeCloseTo(2, 12);
    expect(tpotVllm(stream)).toBeCloseTo(0.02, 12);
  });

  test('with a role chunk after 0.1 s vLLM’s are 0.1 s and 35.0 ms; ours do not move', () => {
    const early = request({ ttft: 2, tpot: 0.02, output_tokens: 128, first_choices_s: 0.1 });
    expect(ttftVllm(early)).toBeCloseTo(0.1, 12);
    expect(1000 * tpotVllm(early)!).toBeCloseTo(34.96, 2);
    expect(ttft(early)).toBeCloseTo(2, 12);
    expect(tpot(early)).toBeCloseTo(0.02, 12);
  });

  test('three tokens a chunk: gaps of 60 ms are ICL, TPOT is over the tokens after the first chunk', () => {
    const at_s = Array.from({ length: 43 }, (_, i) => 2 + 0.06 * i);
    const tokens = at_s.map((_, i) => (i === 42 ? 2 : 3));
    const chunks = { at_s, tokens, bound_s: at_s.map(() => 0) };
    const coarse = request({ output_tokens: 128, chunks });
    expect(chunkGaps([coarse])[0]).toBeCloseTo(0.06, 9);
    expect(singleTokenShare([coarse])).toBe(0);
    expect(tpot(coarse)).toBeCloseTo((42 * 0.06) / 125, 12);
  });
});

describe('a latency', () => {
  test('TPOT is undefined, not 0, for a single token, and when all tokens came in one chunk', () => {
    expect(tpot(request({ output_tokens: 1 }))).toBeNull();
    const once = { at_s: [1], tokens: [5], bound_s: [0] };
    expect(tpot(request({ output_tokens: 5, chunks: once }))).toBeNull();
    expect(tpotVllm(request({ output_tokens: 1 }))).toBeNull();
  });

  test('is undefined without tokens', () => {
    const empty = request({
      chunks: { at_s: [], tokens: [], bound_s: [] },
      usage: null,
      first_choices_s: null,
    });
    for (const metric of [ttft, e2e, tpot, ttftVllm, tpotVllm, residence]) expect(metric(empty)).toBeNull();
  });

  test('from the scheduled time shows a client that is late', () => {
    const late = request({ sent_s: 1, scheduled_s: 0.5 });
    expect(ttftScheduled(late)! - ttft(late)!).toBeCloseTo(0.5, 12);
  });
});

describe('a cell', () => {
  const measured = measureCell(evidence());
  const metrics = measured.metrics!;

  test('that is sound is valid, without reasons', () => {
    expect(measured.reasons).toEqual([]);
    expect(measured.verdict).toBe('valid');
  });

  test('has the latencies of the requests sent inside the window', () => {
    expect(metrics.ttft_ms).toMatchObject({ n: 37, mean: expect.closeTo(100, 6) });
    expect(metrics.tpot_ms!.mean).toBeCloseTo(10, 6);
    expect(metrics.e2e_ms!.mean).toBeCloseTo(1090, 6);
    expect(metrics.icl_ms!.n).toBe(37 * 99);
    expect(metrics.mean_output_tokens).toBe(100);
  });

  test('has the throughput of tokens that arrive inside it: 4 streams, 100 tokens each 1.09 s', () => {
    expect(metrics.output_tokens_per_s! / (400 / 1.09)).toBeCloseTo(1, 2);
    expect(metrics.input_tokens_per_s).toBeCloseTo(200 / 1.09, -1);
    expect(metrics.mean_concurrency).toBeCloseTo(4, 9);
    expect(metrics.requests_per_s).toBe(3.7);
  });

  test('is not changed by a burst before the window', () => {
    const burst = Array.from({ length: 50 }, (_, i) =>
      request({ sequence: 1000 + i, stream: 9, sent_s: -5, output_tokens: 300 }),
    );
    const busy = measureCell(evidence({ timelines: [...evidence().timelines, ...burst] })).metrics!;
    expect(busy.output_tokens_per_s).toBe(metrics.output_tokens_per_s);
    expect(busy.ttft_ms).toEqual(metrics.ttft_ms);
    expect(busy.whole_run_output_tokens_per_s).not.toBe(metrics.whole_run_output_tokens_per_s);
  });

  test('does not measure fillers or the probe, but counts the tokens of whatever arrives', () => {
    const filler = request({ role: 'filler', stream: 7, sent_s: 5, ttft: 9 });
    const probe = request({ role: 'probe', stream: 8, sent_s: 5, ttft: 0.5 });
    const result = measureCell(evidence({ timelines: [...evidence().timelines, filler, probe] }));
    expect(result.metrics!.ttft_ms).toEqual(metrics.ttft_ms);
    expect(result.counts.fillers).toBe(1);
    expect(10 * result.metrics!.output_tokens_per_s!).toBeCloseTo(10 * metrics.output_tokens_per_s! + 100, 6);
  });

  test('prints only percentiles above their floor', () => {
    expect(metrics.ttft_ms!.percentiles.map(({ q }) => q)).toEqual([0.5]);
    expect(metrics.icl_ms!.percentiles.map(({ q }) => q)).toEqual([0.5, 0.9, 0.95, 0.99]);
  });

  test('knows how long a seat stays empty', () => {
    const pause = (sequence: number, sent: number) => ({
      sequence,
      sent_s: sent,
      ended_s: sent + 1.09 + 0.02,
    });
    const { metrics: paused } = measureCell(evidence({ timelines: loop({ each: pause }) }));
    expect(paused!.turn_around_ms).toBeCloseTo(20, 6);
  });

  test('that ended before its window opened has no metrics', () => {
    const early = measureCell(evidence({ window: null, stoppedBy: 'max_time' }));
    expect(early).toMatchObject({ metrics: null, window: null, verdict: 'invalid' });
  });
});

describe('goodput and objectives', () => {
  const mixed = loop({ each: (sequence) => (sequence % 2 === 0 ? { ttft: 0.1 } : { ttft: 0.2 }) });
  const objectives = { ttft_p50_ms: 150, tpot_mean_ms: 20, e2e_p99_ms: 5000 };

  test('count the requests that meet every limit, over all that were sent', () => {
    const { metrics } = measureCell(evidence({ timelines: mixed, objectives }));
    const good = mixed.filter((r) => r.sent_s >= 0 && r.sent_s < 10 && ttft(r)! < 0.15).length;
    expect(metrics!.goodput_requests_per_s).toBeCloseTo(good / 10, 9);
    expect(metrics!.objectives).toMatchObject([
      { key: 'ttft_p50_ms', limit_ms: 150, value_ms: expect.any(Number), met: expect.any(Boolean) },
      { key: 'tpot_mean_ms', limit_ms: 20, value_ms: expect.closeTo(10, 6), met: true },
      { key: 'e2e_p99_ms', limit_ms: 5000, value_ms: null, met: null },
    ]);
  });

  test('see a failed request as infinitely late', () => {
    const lost = request({
      sequence: 999,
      sent_s: 5,
      outcome: { state: 'failed', kind: 'timeout', message: '', http_status: null },
    });
    const { metrics } = measureCell(
      evidence({ timelines: [...loop(), lost], objectives: { ttft_mean_ms: 1e6, ttft_p50_ms: 1e6 } }),
    );
    expect(metrics!.objectives).toMatchObject([
      { key: 'ttft_mean_ms', value_ms: null, met: false },
      { key: 'ttft_p50_ms', value_ms: expect.closeTo(100, 6), met: true },
    ]);
    expect(metrics!.goodput_requests_per_s).toBe(3.7);
    expect(metrics!.requests_per_s).toBe(3.8);
  });

  test('are judged from the scheduled time', () => {
    const late = loop({ each: (_, sent) => ({ scheduled_s: sent - 1 }) });
    const { metrics } = measureCell(evidence({ timelines: late, objectives: { ttft_mean_ms: 150 } }));
    expect(metrics!.objectives[0]!.value_ms).toBeCloseTo(1100, 6);
  });

  test('an undefined TPOT is judged by the other latencies', () => {
    const single = loop({ each: () => ({ output_tokens: 1, ttft: 1 }) });
    const { metrics } = measureCell(
      evidence({ timelines: single, residence_s: 1, objectives: { tpot_mean_ms: 1, ttft_mean_ms: 2000 } }),
    );
    expect(metrics!.goodput_requests_per_s).toBe(metrics!.requests_per_s);
    expect(metrics!.objectives[0]).toMatchObject({ value_ms: null, met: null });
  });
});

test('token events are counted in half-open windows: neighbours share none and miss none', () => {
  const timelines = loop();
  fc.assert(
    fc.property(fc.double({ min: 0, max: 10, noNaN: true }), (cut) => {
      const left = tokensArrived(timelines, { opened_s: 0, closed_s: cut });
      const right = tokensArrived(timelines, { opened_s: cut, closed_s: 10 });
      expect(left + right).toBe(tokensArrived(timelines, { opened_s: 0, closed_s: 10 }));
    }),
  );
});

test('no metric is ever negative, NaN or infinite', () => {
  const facts = fc.record({
    ttft: fc.double({ min: 0, max: 3, noNaN: true }),
    tpot: fc.double({ min: 0, max: 0.1, noNaN: true }),
    output_tokens: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(
      fc.array(facts, { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 12, noNaN: true }),
      (list, closed_s) => {
        // A pause after each request, so that a loop of instant answers goes on.
        const each = (i: number, sent: number) => ({ ...list[i % list.length]!, ended_s: sent + 4.2 });
        const { metrics: cell } = measureCell(
          evidence({
            timelines: loop({ each }),
            window: { opened_s: 0, closed_s },
            objectives: { ttft_mean_ms: 1 },
          }),
        );
        JSON.stringify(cell, (_, value) => {
          if (typeof value === 'number') {
            expect(Number.isFinite(value)).toBe(true);
            expect(value).toBeGreaterThanOrEqual(0);
          }
          return value;
        });
      },
    ),
    { numRuns: 60 },
  );
});
