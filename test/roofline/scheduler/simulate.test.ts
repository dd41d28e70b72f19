import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kvBytesPerToken } from '../../../src/model/quantities.ts';
import { priceSchedule } from '../../../src/roofline/scheduler/price-schedule.ts';
import { requestLengths } from '../../../src/roofline/scheduler/request-lengths.ts';
import { card, truth } from '../../fit/virtual.ts';
import { burst, decodeStep, pricer, scheduled, total } from './loads.ts';

const seed = 20_260;
const priced = (schedule: ReturnType<typeof scheduled>) =>
  priceSchedule(schedule, pricer, truth.request_overhead_s, {
    statistic: 'mean',
    whole: true,
    gradient: false,
  });

describe('any burst', () => {
  const range = fc
    .tuple(fc.integer({ min: 50, max: 150 }), fc.integer({ min: 50, max: 150 }))
    .map(([a, b]): [number, number] => [Math.min(a, b) / 100, Math.max(a, b) / 100]);
  const any = fc.record({
    inputTokens: fc.integer({ min: 1, max: 3000 }),
    outputTokens: fc.integer({ min: 1, max: 300 }),
    inputJitter: range,
    outputJitter: range,
    streams: fc.integer({ min: 1, max: 24 }),
    measuredRequests: fc.integer({ min: 1, max: 80 }),
    turnAroundSeconds: fc.constantFrom(0, 0.004),
    maxNumBatchedTokens: fc.integer({ min: 64, max: 4096 }),
    maxNumSeqs: fc.integer({ min: 1, max: 32 }),
    kvCapacityTokens: fc.integer({ min: 6000, max: 40_000 }),
    admission: fc.constantFrom('on_demand' as const, 'reserved' as const),
  });

  test('gives every request its tokens, within budget, seats and KV', () => {
    fc.assert(
      fc.property(any, (made) => {
        const schedule = scheduled(made, made);
        const { tokens, sampled, sequences, attentionBytes, steps, outputTokens } = schedule;
        const outputs = Array.from(outputTokens).reduce((a, b) => a + b, 0);
        expect(total(sampled, steps)).toBe(outputs);
        const nextInput = requestLengths(made.inputTokens, made.inputJitter, burst.seed, 0);
        const inputs = Array.from(outputTokens, nextInput).reduce((a, b) => a + b, 0);
        // A request's last token is never computed; what is computed again after a preemption comes on top.
        const once = inputs + outputs - outputTokens.length;
        if (schedule.preemptions === 0) expect(total(tokens, steps)).toBe(once);
        else expect(total(tokens, steps)).toBeGreaterThan(once);
        for (let e = 0; e < steps.length; e += 1) {
          expect(tokens[e]).toBeLessThanOrEqual(made.maxNumBatchedTokens);
          expect(sequences[e]).toBeLessThanOrEqual(made.maxNumSeqs);
          const read = attentionBytes[e]! / kvBytesPerToken(card) - tokens[e]!;
          const grown = steps[e]! > 1 ? (sampled[e]! * (steps[e]! - 1)) / 2 : 0;
          if (sequences[e]! > 1) expect(read + grown).toBeLessThanOrEqual(made.kvCapacityTokens + 1e-6);
        }
      }),
      { seed, numRuns: 150 },
    );
  });

  test('orders every request: sent, first token, last token', () => {
    fc.assert(
      fc.property(any, (made) => {
        const { sentEvent, firstEvent, lastEvent, outputTokens, steps } = scheduled(made, made);
        for (let i = 0; i < outputTokens.length; i += 1) {
          expect(firstEvent[i]).toBeGreaterThanOrEqual(sentEvent[i]!);
          if (outputTokens[i] === 1) expect(lastEvent[i]).toBe(firstEvent[i]);
          else expect(lastEvent[i]).toBeGreaterThan(firstEvent[i]!);
          expect(lastEvent[i]).toBeLessThan(steps.length);
        }
      }),
      { seed, numRuns: 60 },
    );
  });
});

describe('token budget', () => {
  test('prompts fill it in order, and what is left of a step goes to the next prompt', () => {
    const { tokens, sampled } = scheduled({ inputTokens: 1500, streams: 4, measuredRequests: 4 });
    // 6000 tokens of prompts; a prompt that is done takes one token of the budget of later steps for its decode.
    expect(Array.from(tokens.slice(0, 3))).toEqual([2048, 2048, 6000 - 2048 - 2047 + 2]);
    expect(Array.from(sampled.slice(0, 3))).toEqual([1, 2, 4]);
  });

  test('a prompt alone is cut into chunks', () => {
    const { tokens, sampled } = scheduled({ inputTokens: 5000, streams: 1, measuredRequests: 1 });
    expect(Array.from(tokens.slice(0, 3))).toEqual([2048, 2048, 904]);
    expect(Array.from(sampled.slice(0, 3))).toEqual([0, 0, 1]);
  });

  test('a stretch of decodes is one event', () => {
    const { steps } = scheduled({ streams: 1, measuredRequests: 1 });
    expect(Array.from(steps)).toEqual([1, 63]);
  });
});

describe('KV memory', () => {
  const tight = { inputTokens: 100, outputTokens: 100, streams: 2, measuredRequests: 2 };

  test('the last admitted is preempted when a block is missing, and computed again with what it had generated', () => {
    // Two prompts of 7 blocks grow to 12 each; 20 blocks hold both up to 160 tokens each.
    const { tokens, preemptions, firstEvent, lastEvent, sentEvent } = scheduled(tight, {
      kvCapacityTokens: 20 * 16,
    });
    expect(preemptions).toBe(1);
    expect(Array.from(firstEvent)).toEqual([0, 0]);
    expect(lastEvent[1]).toBeGreaterThan(lastEvent[0]!);
    expect(Array.from(sentEvent)).toEqual([0, 0]);
    expect(Math.max(...tokens.slice(1))).toBe(161);
  });

  test('reserved admission never preempts: the second request waits for the first', () => {
    const { preemptions, firstEvent, lastEvent } = scheduled(tight, {
      kvCapacityTokens: 20 * 16,
      admission: 'reserved',
    });
    expect(preemptions).toBe(0);
    expect(firstEvent[1]).toBeGreaterThan(lastEvent[0]!);
  });

  test('room for both changes nothing', () => {
    const roomy = scheduled(tight, { kvCapacityTokens: 26 * 16 });
    expect(roomy.preemptions).toBe(0);
    expect(roomy.steps.length).toBe(2);
  });

  test('a request that never fits runs alone instead of waiting for ever', () => {
    expect(scheduled({ ...tight, streams: 1 }, { kvCapacityTokens: 16 }).lastEvent.length).toBe(2);
  });
});

test('seats: requests beyond max_num_seqs wait for one that finishes', () => {
  const { firstEvent, lastEvent } = scheduled({ streams: 3, measuredRequests: 3 }, { maxNumSeqs: 2 });
  expect(firstEvent[2]).toBeGreaterThan(lastEvent[0]!);
});

describe('arrivals', () => {
  test('a request that arrives within a step waits for its end', () => {
    const alone = scheduled({ streams: 1, measuredRequests: 1 });
    const prefill = priced(alone).ttft.seconds - truth.request_overhead_s;
    const step = decodeStep(1, 513);
    const half = prefill + 0.5 * step;
    const two = scheduled({ streams: 2, measuredRequests: 2, releaseSeconds: half });
    expect(Array.from(two.sentOffset)).toEqual([0, half]);
    // One decode step of the first, then a step with the second's prompt.
    expect(Array.from(two.steps.slice(0, 3))).toEqual([1, 1, 1]);
    expect(two.firstEvent[1]).toBe(2);
  });

  test('requests sent at the same moment are taken in one after another, and none pays for it twice', () => {
    const together = scheduled({ streams: 4, measuredRequests: 4, inputTokens: 100 });
    expect(Array.from(together.firstEvent)).toEqual([0, 0, 0, 0]);
    const apart = scheduled({ streams: 4, measuredRequests: 4, inputTokens: 100, intakeSeconds: 1e-3 });
    // After the wait for the first request its prompt has a step for itself; the others share the next.
    expect(apart.idleSeconds[0]).toBeCloseTo(1e-3, 12);
    expect(Array.from(apart.firstEvent)).toEqual([1, 2, 2, 2]);
    const alone = { streams: 1, measuredRequests: 3 };
    const taken = priced(scheduled({ ...alone, intakeSeconds: 1e-3 }));
    expect(taken.ttft.seconds).toBeCloseTo(priced(scheduled(alone)).ttft.seconds, 12);
  });

  test('the next request of a stream misses the step that begins when the last one finished', () => {
    const loop = { streams: 2, measuredRequests: 6, inputTokens: 100 };
    const waits = ({ sentEvent, firstEvent }: ReturnType<typeof scheduled>): number[] =>
      Array.from(firstEvent, (first, i) => first - sentEvent[i]!).slice(2);
    expect(Math.max(...waits(scheduled(loop)))).toBe(0);
    expect(Math.min(...waits(scheduled({ ...loop, intakeSeconds: 1e-3 })))).toBe(1);
  });

  test('an idle engine waits for the next request, and the wait is nobody’s latency', () => {
    const calm = scheduled({ streams: 1, measuredRequests: 2, turnAroundSeconds: 0.5 });
    const busy = scheduled({ streams: 1, measuredRequests: 2 });
    expect(
      total(
        calm.idleSeconds,
        calm.idleSeconds.map(() => 1),
      ),
    ).toBeCloseTo(0.5, 12);
    expect(priced(calm).ttft.seconds).toBeCloseTo(priced(busy).ttft.seconds, 12);
  });

  test('the way to the engine is part of TTFT once', () => {
    const late = scheduled({ streams: 1, measuredRequests: 3, arrivalSeconds: truth.request_overhead_s });
    const atOnce = scheduled({ streams: 1, measuredRequests: 3 });
    expect(priced(late).ttft.seconds).toBeCloseTo(priced(atOnce).ttft.seconds, 12);
  });

  test('streams go on sending while measured requests are in the engine, where the load is held', () => {
    const load = { streams: 8, warmUpRequests: 8, measuredRequests: 16, holdsLoad: true } as const;
    const held = scheduled(load);
    expect(held.outputTokens.length).toBe(16);
    // The last measured request still has company in its last step.
    expect(held.sequences[held.lastEvent[15]!]).toBeGreaterThan(1);
    const drained = scheduled({ ...load, holdsLoad: false, outputJitter: [0.5, 1.5] });
    expect(drained.sequences.at(-1)).toBe(1);
  });
});

test('the same seed gives the same schedule, another one another', () => {
  const jitter = { outputJitter: [0.5, 1.5], inputJitter: [0.5, 1.5] } as const;
  expect(scheduled({ ...jitter, seed: 4 })).toEqual(scheduled({ ...jitter, seed: 4 }));
  expect(scheduled({ ...jitter, seed: 5 }).outputTokens).not.toEqual(
    scheduled({ ...jitter, seed: 4 }).outputTokens,
  );
});

test('jittered lengths have the mean of their range', () => {
  const { outputTokens } = scheduled({ outputTokens: 1000, outputJitter: [0.8, 1], measuredRequests: 64 });
  const mean = Array.from(outputTokens).reduce((a, b) => a + b, 0) / 64;
  expect(Math.abs(mean / 900 - 1)).toBeLessThan(0.01);
  expect(Math.min(...outputTokens)).toBeGreaterThanOrEqual(800);
  expect(Math.max(...outputTokens)).toBeLessThanOrEqual(1000);
});

test('a device whose steps take no finite time is refused instead of simulated for ever', () => {
  expect(() => scheduled({ inputTokens: Number.NaN })).toThrow(RangeError);
});
