import { describe, expect, test } from 'vitest';
import { loadCell } from '../../scripts/recovery/load-cell.ts';
import { outputTokens, tpot, ttft } from '../../src/measure/latency.ts';
import { measuredRequests } from '../../src/measure/selection.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { stepTime } from '../../src/roofline/step.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { accelerator, card, truth } from '../fit/virtual.ts';

const protocol = protocolSchema.parse({});
const stop = stopSchema.parse({
  min_requests: 200,
  max_requests: 600,
  confidence_half_width: 0.004,
  max_s: 1e5,
});
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Half a step: the simulator pauses a sequence while its first token is delivered, and it resumes with a later step. */
const edges = { ttft_wait_steps: 0, decode_wait_steps: 0.5 };

describe('against the scheduler with the same parameters', () => {
  test.each([
    [1, 512, 256, 1],
    [1, 128, 256, 8],
    [1, 128, 256, 64],
    [1, 512, 512, 64],
    [2, 1024, 256, 16],
    [2, 512, 384, 32],
    [2, 2048, 512, 16],
  ])(
    'TP %i, %i in, %i out, %i streams: TTFT within 3 %, TPOT within 1 %',
    (tp, input, output, concurrency) => {
      const device = createDevice({ accelerator, card, tensorParallel: tp, parameters: truth });
      const shape = { input, output, concurrency, kvFill: null, holdOut: false };
      const loaded = loadCell(device, shape, protocol, stop, 11);
      const requests = measuredRequests(loaded.timelines, loaded.window!);
      const means = closedLoopMeans(
        card,
        truth,
        device.settings,
        {
          inputTokens: input,
          outputTokens: mean(requests.map(outputTokens)),
          concurrency,
          turnAroundSeconds: 0,
        },
        edges,
      );
      const ratio = (predicted: number, read: typeof ttft): number =>
        predicted / mean(requests.map((request) => read(request)!)) - 1;
      expect(Math.abs(ratio(means.ttftSeconds, ttft))).toBeLessThan(0.03);
      expect(Math.abs(ratio(means.tpotSeconds!, tpot))).toBeLessThan(0.01);
    },
  );
});

const engine = { tensorParallel: 1, maxNumBatchedTokens: 8192, maxNumSeqs: 256, kvCapacityTokens: 400_000 };
const shape = { inputTokens: 1000, outputTokens: 200, concurrency: 1, turnAroundSeconds: 0 };

test('one stream: the request overhead and its prompt, then plain decode steps', () => {
  const means = closedLoopMeans(card, truth, engine, shape);
  const chunk = { tokens: 1000, context: 0, completes: true };
  const prefill = stepTime(card, truth, 1, { prefills: [chunk], decodes: 0, decodeContext: 0 }).total;
  const decode = stepTime(card, truth, 1, { prefills: [], decodes: 1, decodeContext: 1100 }).total;
  expect(means.ttftSeconds).toBeCloseTo(truth.request_overhead_s + prefill, 12);
  expect(means.tpotSeconds).toBeCloseTo(decode, 12);
  expect(means.e2eSeconds).toBeCloseTo(means.ttftSeconds + 199 * decode, 12);
});

test("Little's law holds between throughput and residence", () => {
  const means = closedLoopMeans(card, truth, engine, { ...shape, concurrency: 32 });
  expect((means.outputTokensPerSecond / 200) * means.e2eSeconds).toBeCloseTo(32, 9);
});

test('more streams than fit the KV cache wait for a seat, and the answer says it is rough', () => {
  const small = { ...engine, kvCapacityTokens: 11_000 };
  const means = closedLoopMeans(card, truth, small, { ...shape, concurrency: 20 });
  expect(means.rough).toBe(true);
  expect(means.ttftSeconds).toBeGreaterThan(
    closedLoopMeans(card, truth, small, { ...shape, concurrency: 10 }).ttftSeconds,
  );
});

test('a single output token has no TPOT', () => {
  expect(closedLoopMeans(card, truth, engine, { ...shape, outputTokens: 1 }).tpotSeconds).toBeNull();
});

test('a client that is a while away finds a step in progress', () => {
  const loaded = { ...shape, concurrency: 16 };
  const prompt = closedLoopMeans(card, truth, engine, loaded);
  const away = closedLoopMeans(card, truth, engine, { ...loaded, turnAroundSeconds: 1e-3 });
  const wait = away.ttftSeconds - prompt.ttftSeconds;
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThan(prompt.tpotSeconds! * 1.1);
});
