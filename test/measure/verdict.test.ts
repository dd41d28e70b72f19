import { describe, expect, test } from 'vitest';
import { measureCell } from '../../src/measure/measure-cell.ts';
import { REASON_CODES, type ReasonCode } from '../../src/measure/reasons.ts';
import { VERDICT_TABLE } from '../../src/measure/thresholds.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { fitUses, judgeDrift, judgeEnvironment, verdictOf } from '../../src/measure/verdict.ts';
import { verdictsHelp } from '../../src/measure/verdicts-help.ts';
import type { ServerDelta } from '../../src/run/schema.ts';
import { createRandom } from '../../src/stats/random.ts';
import { DEFAULT_THRESHOLDS } from '../../src/suite/thresholds.ts';
import { codesOf, evidence, loop, reasonsOf, request, server } from './cells.ts';

const failed = (facts: Partial<RequestTimeline> = {}) =>
  request({
    sequence: 999,
    stream: 50,
    outcome: { state: 'failed', kind: 'http_status', message: 'busy', http_status: 429 },
    chunks: { at_s: [], tokens: [], bound_s: [] },
    usage: null,
    ...facts,
  });

/** The one reason of that code, and that it is there. */
function only(code: ReasonCode, facts: Parameters<typeof reasonsOf>[0]) {
  const found = reasonsOf(facts).filter((reason) => reason.code === code);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** Sixty-four streams, evenly out of phase or together. */
const many = (phase?: (stream: number) => number) => loop({ streams: 64, ...(phase ? { phase } : {}) });

describe('requests', () => {
  test('one that failed in the window makes the cell invalid', () => {
    const reason = only('request_failed', { timelines: [...loop(), failed({ sent_s: 5, ended_s: 5.1 })] });
    expect(reason).toMatchObject({ effect: 'invalid', fit: 'exclude', value: 1 });
    expect(reason.message).toContain('http_status 429: busy');
  });

  test('one that was over before the window opened does not', () => {
    const timelines = [...loop(), failed({ sent_s: -1.5, ended_s: -1.4 })];
    expect(codesOf({ timelines })).toEqual([]);
  });

  test('another output length than asked for', () => {
    const each = (i: number) =>
      i === 9 ? { usage: { prompt_tokens: 50, completion_tokens: 99, cached_tokens: null } } : {};
    expect(only('output_length_off', { timelines: loop({ each }) })).toMatchObject({
      effect: 'invalid',
      value: 1,
    });
  });

  test('aborted fillers have no length to be off', () => {
    const filler = request({
      role: 'filler',
      stream: 9,
      sent_s: 11,
      usage: null,
      outcome: { state: 'aborted' },
    });
    expect(codesOf({ timelines: [...loop(), filler] })).toEqual([]);
  });

  test('another prompt length than sent', () => {
    const each = () => ({ usage: { prompt_tokens: 63, completion_tokens: 100, cached_tokens: null } });
    const reason = only('input_length_off', { timelines: loop({ each }) });
    expect(reason).toMatchObject({ effect: 'invalid', fit: 'exclude' });
    expect(reason.message).toContain('63 instead of 50');
  });

  test('chunks that nobody counted', () => {
    const each = () => ({ tokens_counted_by: 'chunks' as const });
    expect(only('n_first_unknown', { timelines: loop({ each }) })).toMatchObject({
      effect: 'flagged',
      fit: 'use',
    });
  });

  test('chunks of several tokens are a note', () => {
    const each = (_: number, sent: number) => {
      const at_s = Array.from({ length: 50 }, (_, i) => sent + 0.1 + i * 0.02);
      return { chunks: { at_s, tokens: at_s.map(() => 2), bound_s: at_s.map(() => 0) } };
    };
    const facts = { timelines: loop({ each }) };
    expect(only('multi_token_chunks', facts)).toMatchObject({ effect: 'note', fit: 'use', value: 0 });
    expect(measureCell(evidence(facts)).verdict).toBe('valid');
  });
});

describe('token counts', () => {
  test('a stream against its own usage', () => {
    const each = (i: number) =>
      i === 9 ? { chunks: { at_s: [1, 2], tokens: [1, 1], bound_s: [0, 0] } } : {};
    expect(only('token_count_mismatch', { timelines: loop({ each }) })).toMatchObject({
      effect: 'invalid',
      value: 1,
    });
  });

  test('the window against the server’s counter: 2 % or two engine steps', () => {
    const counted = (generation_tokens: number) => codesOf({ server: server({ generation_tokens }) });
    expect(counted(3676)).toEqual([]);
    expect(counted(3676 + 70)).toEqual([]);
    expect(counted(3676 + 80)).toEqual(['token_count_mismatch']);
    expect(counted(3676 - 80)).toEqual(['token_count_mismatch']);
  });

  test('is taken between the scrapes, wherever these were', () => {
    expect(codesOf({ server: server({ generation_tokens: 1838 }, 0, 5) })).toEqual([]);
    expect(codesOf({ server: server({ generation_tokens: 1838 }, 0, 9) })).toEqual(['token_count_mismatch']);
  });

  test('a counter that took long to read is as uncertain as the tokens that arrived meanwhile', () => {
    // Some 368 tokens arrive in a second.
    const slow = (generation_tokens: number, from_bound_s: number) =>
      codesOf({ server: { ...server({ generation_tokens }), from_bound_s } });
    expect(slow(3676 + 140, 0)).toEqual(['token_count_mismatch']);
    expect(slow(3676 + 140, 0.25)).toEqual([]);
    expect(slow(3676 - 140, 0.25)).toEqual([]);
    expect(slow(3676 - 200, 0.25)).toEqual(['token_count_mismatch']);
  });

  test('the whole cell is exact, but for one step for each aborted filler', () => {
    const timelines = loop({ to: 10 });
    const total = timelines.length * 100;
    const whole = (generation_tokens: number, more: readonly RequestTimeline[] = []) =>
      codesOf({
        timelines: [...timelines, ...more],
        serverWholeCell: server({ generation_tokens }, -10, 20),
      });
    expect(whole(total)).toEqual([]);
    expect(whole(total + 1)).toEqual(['token_count_mismatch']);
    const filler = request({
      role: 'filler',
      stream: 9,
      sent_s: 11,
      output_tokens: 10,
      outcome: { state: 'aborted' },
    });
    expect(whole(total + 10 + 4, [filler])).toEqual([]);
    expect(whole(total + 10 + 5, [filler])).toEqual(['token_count_mismatch']);
  });

  test('of an aborted stream misses one step at most, with all that was proposed for it', () => {
    const timelines = loop({ to: 10 });
    const cut = request({
      role: 'filler',
      stream: 9,
      sent_s: 11,
      usage: null,
      chunks: { at_s: [11.1, 11.2], tokens: [1, 6], bound_s: [0, 0] },
      outcome: { state: 'aborted' },
    });
    const whole = (missing: number) => {
      const generation_tokens = timelines.length * 100 + 7 + missing;
      const serverWholeCell = server({ generation_tokens }, -10, 20);
      return codesOf({ timelines: [...timelines, cut], serverWholeCell });
    };
    expect(whole(6)).toEqual([]);
    expect(whole(7)).toEqual(['token_count_mismatch']);
  });
});

/** Eight streams whose requests stay anything from half a second to four. */
function scattered(seed: number) {
  const random = createRandom(seed);
  return Array.from({ length: 8 }, (_, stream) => {
    const requests = [];
    for (let sent_s = -4 * random.uniform(), number = 0; sent_s < 12; number += 1) {
      const ended_s = sent_s + 0.5 + 3.5 * random.uniform();
      requests.push(
        request({ sequence: 100 * stream + number, stream, sent_s, ended_s, ttft: 0.1, tpot: 0.02 }),
      );
      sent_s = ended_s;
    }
    return requests;
  }).flat();
}

describe('load', () => {
  test('requests that are lost break Little’s law', () => {
    // Twice as many in flight as the sent requests can explain.
    const lost = Array.from({ length: 4 }, (_, i) =>
      request({ sequence: 900 + i, stream: 20 + i, sent_s: -1, ended_s: 20, ttft: 1, tpot: 0.2 }),
    );
    const facts = { timelines: [...loop(), ...lost], concurrency: 8 };
    expect(only('little_law', facts)).toMatchObject({ effect: 'invalid', fit: 'exclude' });
  });

  test('where a server speculates stays differ, and the window’s edges cut by chance', () => {
    const seeds = Array.from({ length: 60 }, (_, seed) => seed);
    const found = (counters: Partial<ServerDelta>): number =>
      seeds.filter((seed) =>
        codesOf({ timelines: scattered(seed), concurrency: 8, server: server(counters) }).includes(
          'little_law',
        ),
      ).length;
    expect(found({ spec_drafts: 0 })).toBeGreaterThan(6);
    expect(found({ spec_drafts: 500 })).toBeLessThan(2);
  });

  test('the client’s in-flight outside 5 % of the target', () => {
    expect(only('concurrency_off_target', { timelines: loop(), concurrency: 5 })).toMatchObject({
      effect: 'invalid',
      fit: 'exclude',
      value: expect.closeTo(4, 6),
      threshold: 5,
    });
  });

  test('the server’s gauges only flag, and only far off', () => {
    const gauges = (mean_running: number, mean_waiting: number) =>
      reasonsOf({ timelines: many(), concurrency: 64, server: server({ mean_running, mean_waiting }) });
    expect(gauges(40, 4)).toEqual([]);
    expect(gauges(60, 30)).toMatchObject([
      { code: 'concurrency_off_target', effect: 'flagged', fit: 'use', value: 90 },
    ]);
    expect(gauges(20, 0)).toMatchObject([{ code: 'concurrency_off_target', effect: 'flagged' }]);
  });

  test('streams that send together, but neither a spread start nor few streams', () => {
    const together = { timelines: many(() => 0), concurrency: 64 };
    const reason = only('phase_locked', together);
    expect(reason).toMatchObject({ effect: 'invalid', fit: 'exclude' });
    expect(reason.value).toBeGreaterThan(40);
    expect(codesOf({ timelines: many(), concurrency: 64 })).toEqual([]);
    const three = { timelines: loop({ streams: 3, phase: () => 0 }), concurrency: 3 };
    expect(codesOf(three)).not.toContain('phase_locked');
  });

  test('a window shorter than a residence, or with too few requests', () => {
    const short = only('window_short', { window: { opened_s: 0, closed_s: 1 } });
    expect(short).toMatchObject({ effect: 'invalid', value: 1, threshold: 1.09 });
    const few = only('window_short', { window: { opened_s: 0, closed_s: 3 } });
    expect(few).toMatchObject({ effect: 'invalid', value: 11, threshold: 16 });
    expect(only('window_short', { window: null })).toMatchObject({ effect: 'invalid' });
  });

  test('a half-width that was not met before the cap', () => {
    const each = (i: number) => ({ ttft: 0.05 + 0.1 * ((i * 0.618) % 1) });
    const facts = { timelines: loop({ each }), stoppedBy: 'max_time' };
    expect(only('not_converged', facts)).toMatchObject({ effect: 'flagged', fit: 'use', threshold: 0.02 });
    expect(only('not_converged', { ...facts, stoppedBy: 'converged' })).toMatchObject({ threshold: 0.03 });
    const close = (i: number) => ({ ttft: 0.1 + 0.02 * ((i * 0.618) % 1) });
    expect(codesOf({ timelines: loop({ each: close }), stoppedBy: 'converged' })).toEqual([]);
    expect(codesOf({ stoppedBy: 'max_time' })).toEqual([]);
  });

  test('a percentile below its floor is withheld, not judged', () => {
    const facts = { objectives: { ttft_p99_ms: 250, tpot_p50_ms: 20 } };
    const reason = only('few_samples', facts);
    expect(reason).toMatchObject({ effect: 'note', fit: 'use' });
    expect(reason.message).toContain('ttft_p99_ms');
    expect(reason.message).not.toContain('tpot_p50_ms');
  });
});

describe('steadiness', () => {
  test.each([
    ['TTFT', (_: number, sent: number) => ({ ttft: 0.1 + Math.max(0, sent) * 0.01 })],
    ['TPOT', (_: number, sent: number) => ({ tpot: 0.01 + Math.max(0, sent) * 0.001 })],
  ])('a trend of %s', (what, each) => {
    const reason = only('unsteady', { timelines: loop({ each }), residence_s: 1 });
    expect(reason).toMatchObject({ effect: 'flagged', fit: 'exclude' });
    expect(reason.message).toContain(what);
  });

  test('a trend of in-flight', () => {
    // Streams that stop one after another.
    const timelines = loop().filter((r) => r.stream === 0 || r.sent_s < 2.5 * r.stream);
    expect(only('unsteady', { timelines }).message).toContain('in-flight');
  });

  test('a trend too small to matter, and a warm-up at its cap', () => {
    const each = (_: number, sent: number) => ({ ttft: 0.1 + Math.max(0, sent) * 0.0005 });
    expect(codesOf({ timelines: loop({ each }) })).not.toContain('unsteady');
    expect(only('unsteady', { warmUpCapped: true }).message).toContain('cap');
    expect(codesOf({ window: null, warmUpCapped: true })).toContain('unsteady');
  });

  const stalledFor = (gap: number, bound: number) =>
    loop({
      each: (sequence, sent) => {
        const late = (i: number) => sequence === 6 && i > 50;
        const at_s = Array.from({ length: 100 }, (_, i) => sent + 0.1 + i * 0.01 + (late(i) ? gap : 0));
        const bound_s = at_s.map((_, i) => (sequence === 6 && i === 51 ? bound : 0));
        return { chunks: { at_s, tokens: at_s.map(() => 1), bound_s }, ended_s: at_s.at(-1)! };
      },
    });

  test('a compilation: a gap far above the median of its kind, only while a shape is first seen', () => {
    const stalled = stalledFor(0.5, 0);
    expect(only('compile_stall', { timelines: stalled })).toMatchObject({
      effect: 'invalid',
      fit: 'exclude',
    });
    expect(codesOf({ timelines: stalled, firstOfShape: false })).not.toContain('compile_stall');
  });

  test('no compilation: a gap that the client’s own lateness explains', () => {
    expect(codesOf({ timelines: stalledFor(0.5, 0.45) })).not.toContain('compile_stall');
    expect(codesOf({ timelines: stalledFor(0.5, 0.2) })).toContain('compile_stall');
  });

  test('no compilation: an ordinary gap of a client that is late nearly everywhere else', () => {
    const timelines = loop({
      each: (sequence, sent) => {
        const at_s = Array.from({ length: 100 }, (_, i) => sent + 0.1 + i * 0.01);
        const bound_s = at_s.map((_, i) => (sequence === 6 && i % 10 === 1 ? 0 : 0.0095));
        return { chunks: { at_s, tokens: at_s.map(() => 1), bound_s }, ended_s: at_s.at(-1)! };
      },
    });
    expect(codesOf({ timelines })).not.toContain('compile_stall');
  });

  test('no compilation: a step beside a prompt may take 14 times as long', () => {
    // One engine: while a prompt is computed (0.14 s), the tokens of all others wait.
    const prompts = Array.from({ length: 14 }, (_, i) => i + 0.5);
    const stamps = (from: number) => {
      const at_s: number[] = [];
      for (let t = from; at_s.length < 90; t += 0.01) {
        const prompt = prompts.find((p) => t > p && t <= p + 0.01);
        if (prompt !== undefined) t = prompt + 0.14;
        at_s.push(t);
      }
      return at_s;
    };
    const timelines = prompts.map((sent_s, i) => {
      const at_s = stamps(sent_s + 0.14);
      const chunks = { at_s, tokens: at_s.map(() => 1), bound_s: at_s.map(() => 0) };
      return request({
        sequence: i,
        stream: i % 2,
        sent_s,
        output_tokens: 90,
        chunks,
        ended_s: at_s.at(-1)!,
      });
    });
    expect(codesOf({ timelines, concurrency: 1 })).not.toContain('compile_stall');
  });
});

describe('the server’s counters', () => {
  const judged = (delta: Parameters<typeof server>[0], facts: Parameters<typeof reasonsOf>[0] = {}) =>
    reasonsOf({ ...facts, server: server(delta) });

  test('prefix hits are flagged, from 1 % on invalid, never fitted', () => {
    const hits = (prefix_cache_hits: number) => judged({ prefix_cache_hits, prefix_cache_queries: 10_000 });
    expect(hits(0)).toEqual([]);
    expect(hits(99)).toMatchObject([{ code: 'prefix_cache_hit', effect: 'flagged', fit: 'exclude' }]);
    expect(hits(100)).toMatchObject([{ code: 'prefix_cache_hit', effect: 'invalid', fit: 'exclude' }]);
  });

  test('preemption is invalid, in a cell declared saturated flagged and used', () => {
    expect(judged({ preemptions: 2 })).toMatchObject([
      { code: 'preempted', effect: 'invalid', fit: 'exclude' },
    ]);
    expect(judged({ preemptions: 2 }, { kvFill: 1 })).toMatchObject([
      { code: 'preempted', effect: 'flagged', fit: 'use' },
      { code: 'kv_saturated', effect: 'flagged', fit: 'use' },
    ]);
  });

  test('a full KV cache is flagged and used, seen or declared', () => {
    expect(judged({ max_kv_usage: 0.94 })).toEqual([]);
    expect(judged({ max_kv_usage: 0.95 })).toMatchObject([
      { code: 'kv_saturated', effect: 'flagged', fit: 'use' },
    ]);
    expect(codesOf({ kvFill: 1.5 })).toEqual(['kv_saturated']);
    expect(codesOf({ kvFill: 0.9 })).toEqual([]);
  });

  test('a queue is one only where seats or KV cache are taken', () => {
    const queue = (delta: Parameters<typeof server>[0], maxNumSeqs: number | null) =>
      judged({ mean_waiting: 1, ...delta }, { maxNumSeqs }).map((reason) => reason.code);
    expect(queue({ mean_running: 3 }, 3)).toEqual(['server_queue']);
    expect(queue({ mean_running: 3 }, 256)).toEqual([]);
    expect(queue({ mean_running: 3 }, null)).toEqual([]);
    expect(queue({ mean_running: 3, max_kv_usage: 0.99 }, null)).toEqual(['kv_saturated', 'server_queue']);
    expect(queue({ mean_running: 4, mean_waiting: 0 }, 4)).toEqual([]);
  });
});

describe('the client', () => {
  const bounds = (bound: number, facts: Partial<RequestTimeline> = {}) =>
    loop({
      each: (_, sent) => {
        const { chunks } = request({ sent_s: sent, ...facts });
        return { ...facts, chunks: { ...chunks, bound_s: chunks.at_s.map(() => bound) } };
      },
    });

  test('is too slow when a stamp may be late by 5 % of TTFT', () => {
    expect(codesOf({ timelines: bounds(0.0049) })).toEqual([]);
    expect(only('client_bound', { timelines: bounds(0.0051) })).toMatchObject({
      effect: 'flagged',
      fit: 'exclude',
    });
  });

  test('or by 1 % of the time that TPOT is taken over, if that is 8 tokens or more', () => {
    const slowPrompt = { ttft: 1, tpot: 0.001 };
    const late = (output_tokens: number) =>
      codesOf({
        timelines: loop({
          each: (_, sent) => {
            const { chunks } = request({ sent_s: sent, ...slowPrompt, output_tokens });
            return {
              ...slowPrompt,
              output_tokens,
              chunks: { ...chunks, bound_s: chunks.at_s.map(() => 0.001) },
            };
          },
        }),
      });
    expect(late(50)).toContain('client_bound');
    expect(late(8)).not.toContain('client_bound');
  });

  test('names what kept it off its cores as the cause of late stamps: other work, or a hypervisor', () => {
    const starved = (core_wait_share: number, stolen_share: number) =>
      measureCell(
        evidence({
          timelines: bounds(0.02),
          eventLoopDelay: { p50_ms: 0, p99_ms: 100, max_ms: 200, core_wait_share, stolen_share },
        }),
      );
    const message = (waited: number, stolen: number) =>
      starved(waited, stolen).reasons.find(({ code }) => code === 'client_bound')?.message;
    expect(starved(0.4, 0.1).client).toMatchObject({ core_wait_share: 0.4, stolen_share: 0.1 });
    expect(message(0.4, 0.1)).toContain('waited 40 % of the time for a core');
    expect(message(0.04, 0.15)).toContain('the hypervisor took 15 % of its cores');
    expect(message(0.01, 0.04)).not.toContain('core');
  });

  test('records its event loop’s delay, but is not judged by it', () => {
    const eventLoopDelay = { p50_ms: 1, p99_ms: 900, max_ms: 2000 };
    const cell = measureCell(evidence({ eventLoopDelay }));
    expect(cell.client).toMatchObject({ event_loop_delay_p99_ms: 900, chunk_bound_p99_ms: 0 });
    expect(cell.verdict).toBe('valid');
  });
});

describe('the run', () => {
  const statistic = (mean: number, half_width_95: number | null) => ({
    n: 100,
    mean,
    standard_deviation: 1,
    half_width_95,
    percentiles: [],
  });
  const anchor = (ttft: number, tpot: number) => ({
    ttft_ms: statistic(ttft, 3),
    tpot_ms: statistic(tpot, 0.1),
  });

  test('drifts when its anchor differs by more than the interval', () => {
    expect(judgeDrift(anchor(100, 10), anchor(104, 10.1))).toBeNull();
    expect(judgeDrift(anchor(100, 10), anchor(105, 10))).toMatchObject({
      code: 'drift',
      effect: 'flagged',
      fit: 'use',
    });
    expect(judgeDrift(anchor(100, 10), anchor(100, 9.8))?.message).toContain('TPOT');
    expect(judgeDrift({ ttft_ms: statistic(1, null), tpot_ms: null }, anchor(9, 9))).toBeNull();
  });

  test('is over when its environment changes', () => {
    const start = { engine_version: '0.32.0', model: 'm', block_size: 16 };
    expect(judgeEnvironment(start, { ...start })).toBeNull();
    const reason = judgeEnvironment(start, { ...start, engine_version: '0.33.0', block_size: null });
    expect(reason).toMatchObject({
      code: 'environment_changed',
      effect: 'invalid',
      fit: 'exclude',
      value: 2,
    });
    expect(reason!.message).toBe('engine_version 0.32.0 -> 0.33.0, block_size 16 -> unknown');
  });
});

test('the worst effect is the verdict; any exclude keeps the cell from a fit', () => {
  const note = {
    code: 'few_samples',
    effect: 'note',
    fit: 'use',
    message: '',
    value: null,
    threshold: null,
  } as const;
  const flag = { ...note, code: 'unsteady', effect: 'flagged', fit: 'exclude' } as const;
  const bad = { ...note, code: 'little_law', effect: 'invalid', fit: 'exclude' } as const;
  expect([verdictOf([]), verdictOf([note]), verdictOf([note, flag]), verdictOf([flag, bad])]).toEqual([
    'valid',
    'valid',
    'flagged',
    'invalid',
  ]);
  expect([fitUses([]), fitUses([note]), fitUses([note, flag])]).toEqual([true, true, false]);
});

test('a suite’s thresholds decide, and stand in the reason', () => {
  const slow = { timelines: late(0.02) };
  expect(reasonsOf(slow)).toContainEqual(expect.objectContaining({ code: 'client_bound', threshold: 0.05 }));
  expect(codesOf({ ...slow, thresholds: { client_bound_ttft_share: 0.3 } })).not.toContain('client_bound');
  const strict = { thresholds: { client_bound_ttft_share: 0.001 } };
  const reason = reasonsOf({ timelines: late(0.0005), ...strict }).find(
    ({ code }) => code === 'client_bound',
  );
  expect(reason).toMatchObject({ threshold: 0.001, effect: 'flagged', fit: 'exclude' });
});

/** Requests whose first stamps may be late by so many seconds; TTFT is 0.1 s. */
const late = (bound: number): RequestTimeline[] =>
  loop().map((one) => ({
    ...one,
    chunks: { ...one.chunks, bound_s: one.chunks.bound_s.map((_, index) => (index === 0 ? bound : 0)) },
  }));

describe('steps', () => {
  // Four streams out of phase: every token is a step of its own.
  const seen = (engine_steps: number) => ({ server: server({ engine_steps }) });
  const count = measureCell(evidence(seen(1))).steps.checked_count!;

  test('are resolved when their number is the server’s, within 2 %', () => {
    expect(count).toBeGreaterThan(1000);
    for (const engine_steps of [count, Math.round(count / 1.019), Math.round(count * 1.019)]) {
      expect(codesOf(seen(engine_steps))).not.toContain('steps_unresolved');
      expect(measureCell(evidence(seen(engine_steps))).steps.resolved).toBe(true);
    }
  });

  test('are not when it is another: a note, the means still count', () => {
    const reasons = reasonsOf(seen(Math.round(count / 1.03)));
    const reason = reasons.find(({ code }) => code === 'steps_unresolved');
    expect(reason).toMatchObject({ effect: 'note', fit: 'use' });
    expect(reason!.value).toBeGreaterThan(reason!.threshold!);
    expect(codesOf({ ...seen(count * 2), thresholds: { steps_unresolved_share: 0.2 } })).toContain(
      'steps_unresolved',
    );
  });

  test('are not known without the server’s count, nor behind two engines', () => {
    expect(measureCell(evidence()).steps).toMatchObject({ resolved: null, server_count: null });
    const pair = evidence({ ...seen(count * 2), kind: 'disaggregated' });
    expect(measureCell(pair).steps.resolved).toBeNull();
  });

  test('are looked for in the whole cell where the window was not scraped', () => {
    const whole = { serverWholeCell: server({ engine_steps: 3 }, -10, 30) };
    const { steps } = measureCell(evidence(whole));
    expect(steps.checked_count).toBe(steps.count);
    expect(steps.resolved).toBe(false);
  });
});

test('a host is not trusted beyond the rate that it was calibrated for', () => {
  // Four streams of 10 ms tokens: a little under 400 chunks a second.
  expect(codesOf({ calibration: { max_events_per_s: 400 } })).not.toContain('client_bound');
  const [reason] = reasonsOf({ calibration: { max_events_per_s: 300 } });
  expect(reason).toMatchObject({ code: 'client_bound', effect: 'flagged', threshold: 300 });
  expect(codesOf({ calibration: null })).not.toContain('client_bound');
});

test('help lists every threshold with its default', () => {
  for (const [key, value] of Object.entries(DEFAULT_THRESHOLDS)) {
    expect(verdictsHelp()).toContain(`  ${key}: ${value}\n`);
  }
});

test('help explains every code, with the numbers that are judged by', () => {
  const help = verdictsHelp();
  for (const code of REASON_CODES) expect(help).toContain(`  ${code}\n`);
  expect(help).toContain(`variance above ${DEFAULT_THRESHOLDS.phase_locked_variance_to_mean} x mean`);
  expect(Object.keys(VERDICT_TABLE)).toEqual([...REASON_CODES]);
  expect(VERDICT_TABLE.environment_changed.gate).toMatch(/power source .* version .* power limits/);
});
