import { describe, expect, it } from 'vitest';
import type { StepLoad, StepTime } from '../../src/roofline/step.ts';
import {
  createArrivalDelay,
  createStepEffects,
  EFFECT_NAMES,
  type EffectName,
  parseEffects,
} from '../../src/simulate/effects.ts';
import { runClosedLoop } from './closed-loop.ts';
import { device } from './factory.ts';

const time: StepTime = { linear: 0.006, attention: 0.002, network: 0, overhead: 0.002, total: 0.01 };
const decode = (decodes: number): StepLoad => ({ prefills: [], decodes, decodeContext: 100 });
const prefill = (tokens: number): StepLoad => ({
  prefills: [{ tokens, context: 0, completes: true }],
  decodes: 0,
  decodeContext: 0,
});

const seconds = (names: readonly EffectName[], loads: readonly StepLoad[], seed = 1): number[] => {
  const effect = createStepEffects(names, seed);
  return loads.map((load) => effect(load, time));
};

describe('step effects', () => {
  it('are nothing when off', () => {
    expect(seconds([], [decode(1), prefill(100)])).toEqual([0.01, 0.01]);
  });

  it('kernel_steps: a staircase of 5 to 15 % of the computing part, the same each time', () => {
    const sizes = Array.from({ length: 256 }, (_, index) => decode(index + 1));
    const seen = seconds(['kernel_steps'], sizes);
    const heights = seen.map((value) => Math.abs(value - 0.01) / 0.008);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(0.05 - 1e-9);
    expect(Math.max(...heights)).toBeLessThanOrEqual(0.15 + 1e-9);
    expect(new Set(seen).size).toBeGreaterThan(20);
    expect(seen[16]).toBe(seen[23]);
    expect(seen[16]).not.toBe(seen[24]);
    expect(seconds(['kernel_steps'], sizes)).toEqual(seen);
    expect(seconds(['kernel_steps'], sizes, 2)).not.toEqual(seen);
    const prompts = [512, 700, 1024, 2048].map(prefill);
    expect(new Set(seconds(['kernel_steps'], prompts)).size).toBeGreaterThan(2);
  });

  it('jitter: a mean of 1 and a spread of 1.5 %', () => {
    const seen = seconds(['jitter'], new Array<StepLoad>(20_000).fill(decode(4))).map(
      (value) => value / 0.01,
    );
    const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length;
    const variance = seen.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seen.length;
    expect(mean).toBeCloseTo(1, 3);
    expect(Math.sqrt(variance)).toBeCloseTo(0.015, 3);
  });

  it('stalls: once for each size that was not seen before, and rarely else', () => {
    const seen = seconds(['stalls'], [decode(4), decode(4), decode(5), prefill(600), prefill(600)]);
    expect(seen.map((value) => value > 0.05)).toEqual([true, false, false, true, false]);
    const hiccups = seconds(['stalls'], new Array<StepLoad>(50_000).fill(decode(4))).filter(
      (value) => value > 0.014,
    );
    expect(hiccups.length).toBeGreaterThan(3);
    expect(hiccups.length).toBeLessThan(40);
  });

  it('frontend: the request overhead, varied around its mean', () => {
    const steady = createArrivalDelay([], 1, 0.02);
    expect([steady(), steady()]).toEqual([0.02, 0.02]);
    const delay = createArrivalDelay(['frontend'], 1, 0.02);
    const drawn = Array.from({ length: 5000 }, delay);
    expect(drawn.reduce((sum, value) => sum + value, 0) / 5000).toBeCloseTo(0.02, 3);
    expect(new Set(drawn).size).toBeGreaterThan(4900);
  });

  it('change what a load sees, and the same seed gives the same', () => {
    const shape = { inputTokens: 512, outputTokens: 64, concurrency: 8 };
    const run = (effects: readonly EffectName[], seed = 1): number =>
      runClosedLoop(device({ effects, seed }), shape, 100).tpot;
    const plain = run([]);
    for (const name of ['kernel_steps', 'jitter', 'stalls', 'frontend'] as const) {
      expect(run([name]), name).not.toBe(plain);
      expect(run([name]), name).toBe(run([name]));
    }
    expect(run(['jitter'], 2)).not.toBe(run(['jitter'], 1));
  });
});

describe('parseEffects', () => {
  it('reads on, off and lists', () => {
    expect(parseEffects('on')).toEqual(EFFECT_NAMES);
    expect(parseEffects('off')).toEqual([]);
    expect(parseEffects('jitter, stalls')).toEqual(['jitter', 'stalls']);
  });

  it('names what it knows when it does not', () => {
    expect(() => parseEffects('jitters')).toThrow("unknown effect 'jitters'");
  });
});
