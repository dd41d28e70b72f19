import { expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { builtInCard } from '../../src/model/cards.ts';
import {
  attentionFlopPerPair,
  expertsHit,
  expertsHitByLog,
  kvCapacityTokens,
  missLogarithm,
} from '../../src/model/quantities.ts';
import { servedCard } from '../../src/model/served-card.ts';
import fc from '../property.ts';

test('KV capacity of one H200 with Llama-3.1-8B in fp8 is the recorded one within 1 %', () => {
  const card = servedCard('nvidia/Llama-3.1-8B-Instruct-FP8')!;
  const tokens = kvCapacityTokens(card, findAccelerator('h200-sxm').memory_bytes!, 1);
  expect(Math.abs(tokens / 945_029 - 1)).toBeLessThan(0.01);
});

test('KV capacity with latent attention: 1.40 million tokens for DeepSeek-R1 on eight MI300X, not eight times that', () => {
  const card = builtInCard('deepseek-ai/DeepSeek-R1')!;
  const tokens = kvCapacityTokens(card, findAccelerator('mi300x').memory_bytes!, 8);
  expect(tokens / 1e6).toBeCloseTo(1.4, 2);
});

test('KV capacity stops growing with tensor parallel size beyond the KV heads, and is 0 where weights do not fit', () => {
  const card = builtInCard('qwen3-235b-a22b')!;
  const b200 = findAccelerator('b200-sxm').memory_bytes!;
  const perDevice = (tp: number): number => 0.9 * b200 - 235.1e9 * (2 / tp) - 3e9;
  // Four KV heads: each of eight devices keeps half of what it would with eight.
  const ratio = kvCapacityTokens(card, b200, 8) / kvCapacityTokens(card, b200, 4);
  expect(ratio).toBeCloseTo(perDevice(8) / perDevice(4), 2);
  expect(kvCapacityTokens(card, b200, 1)).toBe(0);
});

test('decode of latent attention takes 3.4 times the FLOP of prefill per pair', () => {
  const card = builtInCard('deepseek-v3')!;
  expect((card.layers * attentionFlopPerPair(card, 'decode')) / 1e6).toBeCloseTo(16.99, 2);
  expect((card.layers * attentionFlopPerPair(card, 'prefill')) / 1e6).toBeCloseTo(5, 2);
});

const routing = fc.record({
  experts: fc.integer({ min: 2, max: 512 }),
  share: fc.double({ min: 0.001, max: 1, noNaN: true }),
  tokens: fc.integer({ min: 0, max: 20_000 }),
  skew: fc.double({ min: 0.05, max: 1, noNaN: true }),
});

test('skewed routing hits what fewer tokens hit under uniform routing, and one token its own experts', () => {
  expect(expertsHit(128, 4, 65, 0.5)).toBeCloseTo(expertsHit(128, 4, 33), 10);
  expect(expertsHit(256, 8, 1)).toBeCloseTo(8, 10);
  expect(expertsHit(256, 8, 1, 0.3)).toBeCloseTo(8, 10);
  fc.assert(
    fc.property(routing, ({ experts, share, tokens, skew }) => {
      const active = Math.max(1, Math.round(share * experts));
      const hit = expertsHit(experts, active, tokens, skew);
      const effective = tokens === 0 ? 0 : 1 + skew * (tokens - 1);
      const direct = experts * (1 - (1 - active / experts) ** effective);
      expect(Math.abs(hit - direct)).toBeLessThanOrEqual(1e-9 * experts);
      expect(hit).toBeLessThanOrEqual(experts);
      expect(hit).toBe(expertsHitByLog(experts, missLogarithm(experts, active), effective));
    }),
    { numRuns: 2000, seed: 5 },
  );
});

test('no tokens hit no expert, any token hits all where all are active', () => {
  expect(Math.abs(expertsHit(8, 8, 0))).toBe(0);
  expect(expertsHit(8, 8, 1)).toBe(8);
  expect(expertsHit(8, 8, 1, 0.05)).toBe(8);
});
