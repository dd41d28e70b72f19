import { describe, expect, it } from 'vitest';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { cachedTokens } from '../../src/roofline/serving.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { runClosedLoop } from './closed-loop.ts';
import { endpoint } from './endpoint.ts';
import { device } from './factory.ts';

const share = (predicted: number, seen: number): number => Math.abs(predicted / seen - 1);

describe('prompts whose beginning is in the prefix cache', () => {
  it.each([
    [4096, 2048, 256, 1],
    [8192, 6144, 256, 8],
    [16_000, 15_008, 256, 16],
    [2048, 1000, 128, 32],
  ])(
    'cost the same in closed form, by the scheduler and on the simulator: %i in, %i cached, %i out, %i streams',
    (inputTokens, cachedInputTokens, outputTokens, concurrency) => {
      const simulated = device();
      const { card, parameters, settings } = simulated;
      const shape = { inputTokens, cachedInputTokens, outputTokens, concurrency };
      const seen = runClosedLoop(simulated, shape, 2000);
      const loop = { ...shape, turnAroundSeconds: 0 };
      const driving = { kind: 'steady', output_jitter: [0.9, 1.1] } as const;
      const scheduled = scheduledMeans(card, parameters, settings, { ...loop, driving });
      const closed = closedLoopMeans(card, parameters, settings, loop);
      for (const predicted of [scheduled, closed]) {
        expect(share(predicted.ttftSeconds, seen.ttft)).toBeLessThan(0.03);
        expect(share(predicted.tpotSeconds!, seen.tpot)).toBeLessThan(0.01);
      }
      const whole = closedLoopMeans(card, parameters, settings, { ...loop, cachedInputTokens: 0 });
      expect(closed.ttftSeconds).toBeLessThan(0.9 * whole.ttftSeconds);
    },
  );

  it('share their KV: many more of them fit a small cache', () => {
    const simulated = device({ kvCapacityTokens: 16_384 });
    const { card, parameters, settings } = simulated;
    const shape = { inputTokens: 8192, cachedInputTokens: 8000, outputTokens: 128, concurrency: 16 };
    const seen = runClosedLoop(simulated, shape, 400);
    const loop = { ...shape, turnAroundSeconds: 0 };
    const driving = { kind: 'steady', output_jitter: [0.9, 1.1] } as const;
    const scheduled = scheduledMeans(card, parameters, settings, { ...loop, driving });
    const closed = closedLoopMeans(card, parameters, settings, loop);
    const alone = closedLoopMeans(card, parameters, settings, { ...loop, cachedInputTokens: 0 });
    expect(share(scheduled.outputTokensPerSecond, seen.outputTokensPerSecond)).toBeLessThan(0.03);
    expect(share(closed.outputTokensPerSecond, seen.outputTokensPerSecond)).toBeLessThan(0.03);
    expect(alone.outputTokensPerSecond).toBeLessThan(0.5 * closed.outputTokensPerSecond);
  });

  it('are found by whole blocks, and never whole', () => {
    expect(cachedTokens({ inputTokens: 100 })).toBe(0);
    expect(cachedTokens({ inputTokens: 100, cachedInputTokens: 50 })).toBe(48);
    expect(cachedTokens({ inputTokens: 64, cachedInputTokens: 64 })).toBe(48);
  });
});

describe('a cell of cached prompts', () => {
  /** Over sockets; `cached_input_tokens` are sent once before it. */
  async function measure(facts: { readonly forgets?: boolean }) {
    const { url, state } = await endpoint({ device: device({ timeScale: 0.02 }), devMode: true });
    const known = await identifyEndpoint({ url, apiKey: null, apiKeyEnv: null, model: null });
    const forgetting = facts.forgets ? setInterval(() => state.live.loop.engine.kv.forget(), 1) : null;
    const result = await runCell(
      { url, model: null, api_key: null, api_key_env: null },
      known,
      {
        kind: 'cached',
        input_tokens: 2000,
        cached_input_tokens: 1600,
        block_size: 16,
        output_tokens: 20,
        concurrency: facts.forgets ? 1 : 4,
        arrivals: null,
        kv_fill: null,
        seed: 1,
        max_length_tokens: null,
        max_num_seqs: null,
        vocabulary_size: null,
        first_of_shape: false,
        protocol: protocolSchema.parse({}),
        stop: stopSchema.parse({
          min_requests: 20,
          max_requests: 40,
          min_s: 0.1,
          confidence_half_width: 0.5,
        }),
        objectives: null,
      },
      { progress: () => undefined, requests: () => undefined, steps: () => undefined },
      new AbortController().signal,
    );
    if (forgetting !== null) clearInterval(forgetting);
    return result;
  }

  it('finds its prefix in the cache with every request, as the server counts', async () => {
    const { reasons, server } = await measure({});
    expect(reasons.map(({ code }) => code)).not.toContain('prefix_cache_hit');
    expect(server!.prefix_cache_hits! / server!.prefix_cache_queries!).toBeCloseTo(0.8, 3);
  });

  it('is invalid where the server lost it', async () => {
    const { reasons, verdict } = await measure({ forgets: true });
    const found = reasons.find(({ code }) => code === 'prefix_cache_hit')!;
    expect(found.message).toContain('80 % wanted');
    expect([found.effect, verdict]).toEqual(['invalid', 'invalid']);
  });
});
