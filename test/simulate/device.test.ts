import { describe, expect, it } from 'vitest';
import { createDevice } from '../../src/simulate/device.ts';
import { drawTruth } from '../../src/simulate/truth.ts';
import { accelerator, card, device, parameters } from './factory.ts';

describe('a simulated device', () => {
  it('draws a truth below the peaks, another one for each seed', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const truth = drawTruth(accelerator, card, seed);
      expect(truth.gemm_flop_per_s / 1e15).toBeGreaterThanOrEqual(0.3);
      expect(truth.gemm_flop_per_s / 1e15).toBeLessThanOrEqual(0.85);
      expect(truth.memory_bytes_per_s / 3e12).toBeGreaterThanOrEqual(0.5);
      expect(truth.memory_bytes_per_s / 3e12).toBeLessThanOrEqual(0.95);
    }
    expect(drawTruth(accelerator, card, 3)).toEqual(drawTruth(accelerator, card, 3));
    expect(drawTruth(accelerator, card, 3)).not.toEqual(drawTruth(accelerator, card, 4));
  });

  it('takes a given parameter and leaves the others as they were drawn', () => {
    const drawn = drawTruth(accelerator, card, 5);
    expect(drawTruth(accelerator, card, 5, { memory_bytes_per_s: 1e12 })).toEqual({
      ...drawn,
      memory_bytes_per_s: 1e12,
    });
  });

  it('needs a peak, or the parameter in its place', () => {
    const secret = { ...accelerator, bf16_flop_per_s: null, fp8_flop_per_s: null };
    expect(() => createDevice({ accelerator: secret, card })).toThrow(
      'no published peak for gemm_flop_per_s',
    );
    expect(createDevice({ accelerator: secret, card, parameters }).parameters).toEqual(parameters);
  });

  it('holds what its memory holds, in whole blocks', () => {
    const { settings, maxLengthTokens } = device();
    expect(settings.kvCapacityTokens % 16).toBe(0);
    // 0.9 x 80 GB, less 16 GB of weights and 3 GB for the engine, at 128 KiB a token.
    expect(settings.kvCapacityTokens / 403_900).toBeCloseTo(1, 3);
    expect(maxLengthTokens).toBe(131_072);
    expect(device({ kvCapacityTokens: 1000 }).maxLengthTokens).toBe(992);
  });

  it('refuses a model that does not fit and settings that contradict each other', () => {
    const small = { ...accelerator, memory_bytes: 16e9 };
    expect(() => createDevice({ accelerator: small, card })).toThrow(
      'test/dense-8b does not fit 1 x test-accelerator',
    );
    expect(() => device({ maxNumBatchedTokens: 64 })).toThrow(
      'max_num_batched_tokens (64) is below max_num_seqs (256)',
    );
  });

  it('is faster by the time scale throughout', () => {
    const { parameters: scaled } = device({ timeScale: 0.1 });
    expect(scaled.memory_bytes_per_s).toBeCloseTo(parameters.memory_bytes_per_s * 10, -3);
    expect(scaled.step_overhead_s).toBeCloseTo(parameters.step_overhead_s / 10, 12);
  });
});
