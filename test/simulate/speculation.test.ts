import { describe, expect, it } from 'vitest';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { withDraft } from '../../src/model/draft.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { acceptedNext, decodeStepsOf, tokensPerStep } from '../../src/roofline/speculation.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { runClosedLoop } from './closed-loop.ts';
import { endpoint } from './endpoint.ts';
import { card, device } from './factory.ts';

const share = (predicted: number, seen: number): number => Math.abs(predicted / seen - 1);

describe('speculative decoding', () => {
  it.each([
    [512, 256, 1, 4, 0.7],
    [1024, 256, 16, 3, 0.5],
    [4096, 512, 8, 5, 0.6],
    [128, 256, 64, 2, 0.8],
  ])(
    'costs the same in closed form, by the scheduler and on the simulator: %i in, %i out, %i streams, %i tokens at %f',
    (inputTokens, outputTokens, concurrency, draftTokens, acceptance) => {
      const speculation = { draftTokens, acceptance };
      const drafted = withDraft(card, {
        ...card,
        layers: 3,
        weight_groups: [{ ...card.weight_groups[0]!, parameters: 2e8 }],
      });
      const simulated = device({ card: drafted, speculation });
      const { parameters, settings } = simulated;
      const shape = { inputTokens, outputTokens, concurrency };
      const seen = runClosedLoop(simulated, shape, 2000);
      const loop = { ...shape, turnAroundSeconds: 0 };
      const driving = { kind: 'steady', output_jitter: [0.9, 1.1] } as const;
      const scheduled = scheduledMeans(simulated.card, parameters, settings, { ...loop, driving });
      const closed = closedLoopMeans(simulated.card, parameters, settings, loop);
      // The scheduler's own loop is short: its mean TTFT has some per cent of chance in it, with speculation or without.
      for (const [predicted, ttft] of [
        [scheduled, 0.07],
        [closed, 0.04],
      ] as const) {
        expect(share(predicted.ttftSeconds, seen.ttft)).toBeLessThan(ttft);
        expect(share(predicted.tpotSeconds!, seen.tpot)).toBeLessThan(0.015);
        expect(share(predicted.outputTokensPerSecond, seen.outputTokensPerSecond)).toBeLessThan(0.02);
      }
      const { speculation: _, ...plain } = settings;
      const without = closedLoopMeans(card, parameters, plain, loop);
      expect(closed.tpotSeconds!).toBeLessThan(without.tpotSeconds!);
      const free = closedLoopMeans(card, parameters, settings, loop);
      expect(free.tpotSeconds!).toBeLessThan(closed.tpotSeconds!);
    },
  );

  it.each([
    [1024, 512, 48, 3, 0.6, 30_000],
    [512, 1024, 64, 4, 0.6, 32_000],
    [512, 1024, 64, 8, 0.3, 32_000],
  ])(
    'fills the KV cache with what it accepts and what it proposes: %i in, %i out, %i streams, %i tokens at %f in %i',
    (inputTokens, outputTokens, concurrency, draftTokens, acceptance, kvCapacityTokens) => {
      const simulated = device({ speculation: { draftTokens, acceptance }, kvCapacityTokens });
      const shape = { inputTokens, outputTokens, concurrency };
      const seen = runClosedLoop(simulated, shape, 800);
      const driving = { kind: 'steady', output_jitter: [0.9, 1.1] } as const;
      const loop = { ...shape, turnAroundSeconds: 0, driving };
      const predicted = scheduledMeans(simulated.card, simulated.parameters, simulated.settings, loop);
      // Requests wait for KV blocks most of their time to the first token.
      expect(share(predicted.ttftSeconds, seen.ttft)).toBeLessThan(0.05);
      expect(share(predicted.tpotSeconds!, seen.tpot)).toBeLessThan(0.05);
      expect(share(predicted.outputTokensPerSecond, seen.outputTokensPerSecond)).toBeLessThan(0.02);
    },
  );

  it('gives 1 + k·a tokens a step, and a request as many steps as it needs', () => {
    const speculation = { draftTokens: 4, acceptance: 0.5 };
    expect(tokensPerStep(speculation)).toBe(3);
    const chance = acceptedNext(speculation);
    expect(chance + chance ** 2 + chance ** 3 + chance ** 4).toBeCloseTo(2, 10);
    expect(decodeStepsOf(100, undefined)).toBe(99);
    expect(decodeStepsOf(100, { draftTokens: 4, acceptance: 0 })).toBeCloseTo(99, 6);
    // Every step gives five: 99 tokens take 20.
    expect(decodeStepsOf(101, { draftTokens: 4, acceptance: 1 })).toBeCloseTo(20.4, 1);
  });
});

async function measureCell(
  speculation: { draftTokens: number; acceptance: number } | undefined,
  timeScale = 0.05,
) {
  const { url } = await endpoint({ device: device({ timeScale, speculation }) });
  const known = await identifyEndpoint({ url, apiKey: null, apiKeyEnv: null, model: null });
  return runCell(
    { url, model: null, api_key: null, api_key_env: null },
    known,
    {
      kind: 'speculative',
      input_tokens: 200,
      output_tokens: 100,
      concurrency: 4,
      arrivals: null,
      kv_fill: null,
      seed: 1,
      max_length_tokens: null,
      max_num_seqs: null,
      vocabulary_size: null,
      first_of_shape: true,
      protocol: protocolSchema.parse({}),
      stop: stopSchema.parse({ min_requests: 40, max_requests: 60, min_s: 0.1, confidence_half_width: 0.5 }),
      objectives: null,
      counted: { card, tensor_parallel: 1, max_num_batched_tokens: 8192 },
    },
    { progress: () => undefined, requests: () => undefined, steps: () => undefined },
    new AbortController().signal,
  );
}

it('a speculative cell has what the server proposed and accepted, and every token reaches its client', async () => {
  // Slow enough that a hiccup of a busy host is no stall of the server.
  const { reasons, server, counts } = await measureCell({ draftTokens: 4, acceptance: 0.6 }, 0.2);
  expect(server!.spec_draft_tokens! / server!.spec_drafts!).toBe(4);
  expect(server!.spec_accepted_tokens! / server!.spec_draft_tokens!).toBeCloseTo(0.6, 1);
  expect(counts.completed).toBeGreaterThan(40);
  const codes = reasons.map(({ code }) => code);
  for (const code of [
    'request_failed',
    'output_length_off',
    'model_card_mismatch',
    'speculation_missing',
    // Tokens of a step leave together: its own gaps are no stall.
    'compile_stall',
    'little_law',
  ] as const) {
    expect(codes).not.toContain(code);
  }
});

it('a speculative cell on a server that does not speculate is invalid', async () => {
  const { reasons, verdict } = await measureCell(undefined);
  const found = reasons.find(({ code }) => code === 'speculation_missing')!;
  expect([found.effect, found.fit, verdict]).toEqual(['invalid', 'exclude', 'invalid']);
});
