import { expect, test } from 'vitest';
import { modelDifferences } from '../../src/fit/same-model.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { card as bound } from './virtual.ts';

const card = builtInCard('llama-3.1-8b')!;

test('a served name, a limit on lengths and the peaks of a device make no other model', () => {
  const served = builtInCard('meta-llama/Llama-3.1-8B-Instruct', { maxLengthTokens: 4096 })!;
  expect(served.id).not.toBe(card.id);
  expect(modelDifferences(card, served)).toEqual([]);
  const ratios = {
    ...bound,
    weight_groups: bound.weight_groups.map((one) => ({ ...one, compute_ratio: 7 })),
  };
  expect(modelDifferences(card, ratios)).toEqual([]);
});

test('what a step reads or multiplies does, under whatever name', () => {
  expect(modelDifferences(card, builtInCard('llama-3.1-8b', { kvCacheDtype: 'fp8' })!)).toEqual([
    'kv_bytes_per_element',
  ]);
  const quantised = { ...builtInCard('llama-3.1-8b-fp8')!, id: card.id };
  expect(modelDifferences(card, quantised)).toEqual(
    expect.arrayContaining(['precision', 'compute_format', 'weight_groups']),
  );
  expect(modelDifferences(card, { ...card, layers: 31 })).toEqual(['layers']);
});
