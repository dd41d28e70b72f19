import { describe, expect, test } from 'vitest';
import { builtInCard } from '../../src/model/cards.ts';
import type { RooflineParameters } from '../../src/roofline/parameters.ts';
import { pnorm, type StepLoad, stepTime } from '../../src/roofline/step.ts';
import { AttentionWork, stepWork } from '../../src/roofline/step-work.ts';
import fc from '../property.ts';

const attentionWork = (card: Parameters<typeof stepTime>[0], load: StepLoad) => {
  const { attentionFlop: flop, attentionBytes: bytes } = stepWork(new AttentionWork(card), load);
  return { flop, bytes };
};

const p: RooflineParameters = {
  gemm_flop_per_s: 500e12,
  expert_flop_per_s: 500e12,
  memory_bytes_per_s: 2.5e12,
  attention_flop_per_s: 300e12,
  step_overhead_s: 1e-3,
  sequence_overhead_s: 20e-6,
  request_overhead_s: 10e-3,
  all_reduce_latency_s: 10e-6,
  link_bytes_per_s: 200e9,
};

test('pnorm lies between the maximum and 1.19 times it, and is symmetric', () => {
  const time = fc.double({ min: 1e-9, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(time, time, (a, b) => {
      const value = pnorm(a, b);
      expect(value).toBeGreaterThanOrEqual(Math.max(a, b));
      expect(value).toBeLessThanOrEqual(Math.max(a, b) * 2 ** 0.25 * (1 + 1e-12));
      expect(pnorm(b, a)).toBe(value);
    }),
  );
  expect(pnorm(0, 0)).toBe(0);
});

describe('a decode step by hand', () => {
  const load = { prefills: [], decodes: 1, decodeContext: 1000 };

  test('dense: weights and KV over the bandwidth, overheads on top', () => {
    const card = builtInCard('llama-3.1-8b')!;
    const time = stepTime(card, p, 1, load);
    const groups = card.weight_groups.filter(({ name }) => name !== 'embedding');
    const linear = groups.reduce(
      (sum, g) => sum + pnorm((2 * g.parameters) / 500e12, (2 * g.parameters) / 2.5e12),
      0,
    );
    expect(time.linear).toBeCloseTo(linear, 12);
    const attention = pnorm((4 * 32 * 32 * 128 * 1000) / 300e12, (1001 * 131072) / 2.5e12);
    expect(time.attention).toBeCloseTo(attention, 12);
    expect(time.overhead).toBeCloseTo(1.02e-3, 12);
    expect(time.network).toBe(0);
    expect(time.total).toBeCloseTo(linear + attention + 1.02e-3, 12);
  });

  test('TP 2: half the weights, half the KV, two all-reduces a layer', () => {
    const card = builtInCard('llama-3.1-8b')!;
    const [one, two] = [stepTime(card, p, 1, load), stepTime(card, p, 2, load)];
    expect(two.linear).toBeCloseTo(one.linear / 2, 12);
    expect(two.attention).toBeCloseTo(one.attention / 2, 12);
    expect(two.network).toBeCloseTo(2 * 32 * (10e-6 + (4096 * 2) / 200e9), 12);
  });

  test('MoE: only the experts that are hit are read', () => {
    const card = builtInCard('mixtral-8x7b')!;
    const experts = card.weight_groups.find(({ name }) => name === 'experts')!;
    const others = card.weight_groups.filter(({ name }) => name !== 'experts' && name !== 'embedding');
    const time = stepTime(card, p, 1, load);
    const expected =
      pnorm(((experts.parameters / 4) * 2) / 500e12, (experts.parameters * 2) / 4 / 2.5e12) +
      others.reduce((sum, g) => sum + pnorm((2 * g.parameters) / 500e12, (2 * g.parameters) / 2.5e12), 0);
    expect(time.linear).toBeCloseTo(expected, 12);
  });

  test('MLA: the cache is replicated over ranks, compute is split', () => {
    const card = builtInCard('deepseek-v3')!;
    const { flop, bytes } = attentionWork(card, load);
    expect(flop / 1000 / 1e6).toBeCloseTo(16.99, 2);
    expect(stepTime(card, p, 8, load).attention).toBeCloseTo(pnorm(flop / 8 / 300e12, bytes / 2.5e12), 12);
  });

  test('windows cap what a layer reads', () => {
    const card = builtInCard('gpt-oss-120b')!;
    const layer = 2 * 8 * 64 * 2;
    const { bytes } = attentionWork(card, { ...load, decodeContext: 10_000 });
    expect(bytes).toBe(36 * layer + 18 * layer * (10_000 + 128));
  });
});

test('a prompt in two chunks does the attention of a prompt in one', () => {
  const card = builtInCard('gpt-oss-120b')!;
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5000 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (n, share) => {
        const first = Math.max(1, Math.floor(n * share));
        const work = (tokens: number, context: number): number =>
          attentionWork(card, {
            prefills: [{ tokens, context, completes: false }],
            decodes: 0,
            decodeContext: 0,
          }).flop;
        expect(work(first, 0) + work(n - first, first)).toBeCloseTo(work(n, 0), -3);
      },
    ),
  );
});
