import { expect, it } from 'vitest';
import type { RequestSpec } from '../../src/load/port.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { stepTime } from '../../src/roofline/step.ts';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { card, device, parameters } from './factory.ts';

const spec = (inputTokens: number, outputTokens: number, sequence = 0): RequestSpec => ({
  sequence,
  stream: 0,
  role: 'load',
  inputTokens,
  outputTokens,
  scheduledAt: 0,
});

it('gives a lone request the step times of the roofline, and the request overhead once', () => {
  const port = createVirtualPort(device(), { startsAt: 100 });
  const timelines: RequestTimeline[] = [];
  port.send(spec(1000, 3), (timeline) => timelines.push(timeline));
  port.run();
  const prefill = stepTime(card, parameters, 1, {
    prefills: [{ tokens: 1000, context: 0, completes: true }],
    decodes: 0,
    decodeContext: 0,
  }).total;
  const decode = (decodeContext: number): number =>
    stepTime(card, parameters, 1, { prefills: [], decodes: 1, decodeContext }).total;
  const first = 100 + prefill + parameters.request_overhead_s;
  const [timeline] = timelines;
  expect(timeline?.chunks.at_s[0]).toBeCloseTo(first, 9);
  expect(timeline?.chunks.at_s[1]).toBeCloseTo(first + decode(1001), 9);
  expect(timeline?.chunks.at_s[2]).toBeCloseTo(first + decode(1001) + decode(1002), 9);
  expect(timeline).toMatchObject({
    sent_s: 100,
    first_byte_s: timeline?.chunks.at_s[0],
    ended_s: timeline?.chunks.at_s[2],
    chunks: { tokens: [1, 1, 1], bound_s: [0, 0, 0] },
    usage: { prompt_tokens: 1000, completion_tokens: 3, cached_tokens: 0 },
    outcome: { state: 'completed', finish_reason: 'length' },
  });
});

it('lets a request that is sent when a step ends join the next step', () => {
  const noOverhead = device({ parameters: { ...parameters, request_overhead_s: 0 } });
  const port = createVirtualPort(noOverhead);
  let second: RequestTimeline | undefined;
  const background: RequestTimeline[] = [];
  port.send(spec(100, 40), (timeline) => background.push(timeline));
  port.send(spec(100, 10), () => {
    port.send(spec(100, 2, 1), (timeline) => {
      second = timeline;
    });
  });
  port.run();
  const stamps = background[0]!.chunks.at_s;
  // The next step of the others carries the new prompt and its first token.
  expect(second!.chunks.at_s[0]).toBeCloseTo(stamps.find((stamp) => stamp > second!.sent_s)!, 6);
});

it('makes a request wait for the step it falls into with the frontend effect', () => {
  const port = createVirtualPort(device({ effects: ['frontend'] }));
  const timelines: RequestTimeline[] = [];
  port.send(spec(100, 200, 0), (timeline) => timelines.push(timeline));
  port.at(0.5, () => port.send(spec(100, 2, 1), (timeline) => timelines.push(timeline)));
  port.run();
  const [late, background] = timelines;
  const first = late!.chunks.at_s[0]!;
  const queued = 0.5 + parameters.request_overhead_s;
  const stepBegin = background!.chunks.at_s.findLast((stamp) => stamp < first - 1e-9)!;
  expect(stepBegin).toBeGreaterThan(queued * 0.95);
  expect(background!.chunks.at_s).toContain(first);
});

it('ends an aborted request once, with the tokens it had', () => {
  const port = createVirtualPort(device());
  const timelines: RequestTimeline[] = [];
  const abort = port.send(spec(100, 1000), (timeline) => timelines.push(timeline));
  port.at(0.5, abort);
  port.at(0.6, abort);
  port.run();
  expect(timelines).toHaveLength(1);
  expect(timelines[0]).toMatchObject({ ended_s: 0.5, outcome: { state: 'aborted' }, usage: null });
  expect(timelines[0]!.chunks.at_s.length).toBeGreaterThan(10);
  expect(timelines[0]!.chunks.at_s.at(-1)).toBeLessThanOrEqual(0.5);
  expect(port.counters()).toMatchObject({ num_requests_running: 0, kv_cache_usage_perc: 0 });
});

it('answers a request that is too long as a server would', () => {
  const port = createVirtualPort(device({ kvCapacityTokens: 1024 }));
  const timelines: RequestTimeline[] = [];
  port.send(spec(1000, 100), (timeline) => timelines.push(timeline));
  port.run();
  expect(timelines[0]?.outcome).toMatchObject({ state: 'failed', kind: 'http_status', http_status: 400 });
});

it('counts what it sent', () => {
  const port = createVirtualPort(device());
  const timelines: RequestTimeline[] = [];
  for (let sequence = 0; sequence < 20; sequence += 1) {
    port.at(sequence * 0.05, () =>
      port.send(spec(200 + sequence, 30 + sequence, sequence), (timeline) => timelines.push(timeline)),
    );
  }
  port.run();
  const counters = port.counters();
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const ttft = timelines.map((timeline) => timeline.chunks.at_s[0]! - timeline.sent_s);
  const gaps = timelines.flatMap(({ chunks: { at_s } }) =>
    at_s.slice(1).map((at, index) => at - at_s[index]!),
  );
  expect(counters.generation_tokens).toBe(sum(timelines.map((timeline) => timeline.chunks.at_s.length)));
  expect(counters.prompt_tokens).toBe(sum(timelines.map((timeline) => timeline.input_tokens)));
  expect(counters.time_to_first_token_seconds.count).toBe(20);
  expect(counters.time_to_first_token_seconds.sum).toBeCloseTo(sum(ttft), 9);
  expect(counters.inter_token_latency_seconds.count).toBe(gaps.length);
  expect(counters.inter_token_latency_seconds.sum).toBeCloseTo(sum(gaps), 9);
  expect(counters.iteration_tokens_total.sum).toBe(counters.generation_tokens + counters.prompt_tokens);
  expect([counters.prefix_cache_queries, counters.num_preemptions, counters.num_requests_waiting]).toEqual([
    0, 0, 0,
  ]);
});

it('cancels a timer, runs equal times in order and stops when asked', () => {
  const port = createVirtualPort(device());
  const seen: string[] = [];
  port.at(2, () => seen.push('later'));
  port.at(1, () => seen.push('first'));
  port.at(1, () => seen.push('second'));
  port.at(1, () => seen.push('cancelled'))();
  port.run(() => seen.length === 2);
  expect([port.now(), seen]).toEqual([1, ['first', 'second']]);
  port.run();
  expect([port.now(), seen]).toEqual([2, ['first', 'second', 'later']]);
});
