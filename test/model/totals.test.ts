import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtInCard } from '../../src/model/cards.ts';
import { cardFromConfig } from '../../src/model/from-config.ts';
import { kvBytesPerToken, parameterCount } from '../../src/model/quantities.ts';

/** Published totals, 10⁹ parameters. */
const TOTALS: readonly (readonly [string, number])[] = [
  ['llama-2-70b', 68.977],
  ['llama-3.1-405b', 405.853],
  ['bloom', 176.247],
  ['codellama-7b', 6.7385],
  ['codellama-13b', 13.016],
  ['codellama-34b', 33.744],
  ['codellama-70b', 68.977],
  ['starcoder2-3b', 3.0304],
  ['starcoder2-7b', 7.1739],
  ['starcoder2-15b', 15.9579],
  ['codegemma-1.1-2b', 2.5062],
  ['codegemma-7b', 8.5377],
  ['gemma-2-2b', 2.6143],
  ['gemma-2-9b', 9.2417],
  ['gemma-2-27b', 27.2271],
  ['phi-3-mini-4k', 3.8211],
  ['phi-3-medium-4k', 13.9602],
  ['phi-3-small-8k', 7.3923],
  ['mistral-7b-v0.3', 7.248],
  ['mistral-nemo', 12.2478],
  ['mistral-large', 122.6101],
  ['mixtral-8x22b', 140.6301],
];

test.each(TOTALS)('%s has its published number of parameters', (id, total) => {
  expect(Math.abs(parameterCount(builtInCard(id)!) / 1e9 / total - 1)).toBeLessThan(0.002);
});

test('BLOOM: full multi-head KV, two MLP matrices, tied head, also from its own keys', () => {
  const card = cardFromConfig('bloom', {
    model_type: 'bloom',
    n_layer: 70,
    n_head: 112,
    n_embed: 14_336,
    vocab_size: 250_880,
  });
  expect(kvBytesPerToken(card)).toBe(2 * 70 * 14_336 * 2);
  expect(card).toEqual({ ...builtInCard('bloom')!, id: 'bloom' });
  expect(card.weight_groups.map(({ name }) => name)).toEqual(['dense', 'head']);
});

test('windows of the families: every layer, every other layer, none', () => {
  const windowed = (id: string) => builtInCard(id)!.attention;
  expect(windowed('starcoder2-3b')).toMatchObject({ windowed_layers: 30, window_tokens: 4096 });
  expect(windowed('gemma-2-9b')).toMatchObject({ windowed_layers: 21, window_tokens: 4096 });
  expect(windowed('phi-3-mini-4k')).toMatchObject({ windowed_layers: 32, window_tokens: 2047 });
  expect(windowed('mistral-7b-v0.3')).toMatchObject({ windowed_layers: 0, window_tokens: null });
  expect(builtInCard('mistralai/Mistral-7B-Instruct-v0.1')).toBeNull();
});

const file = join(process.env.RIDGE_DATA ?? join(import.meta.dirname, '../../../shared/data'), 'models.csv');

describe.skipIf(!existsSync(file))('published architecture constants', () => {
  const rows = existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\r?\n/) : [];
  const columns = rows[0]?.split(',') ?? [];
  const models = rows.slice(1).map((row) => {
    const cells = row.split(',');
    const number = (key: string): number => Number(cells[columns.indexOf(key)]);
    return { id: cells[0]!, total: number('official_params_b'), number };
  });
  test.each(models)('$id', ({ id, total, number }) => {
    const card = builtInCard(id)!;
    expect(Math.abs(parameterCount(card) / 1e9 / total - 1)).toBeLessThan(0.002);
    expect(card.layers).toBe(number('num_hidden_layers'));
    expect(card.attention).toMatchObject({
      kind: 'gqa',
      query_heads: number('num_attention_heads'),
      kv_heads: number('num_key_value_heads'),
      head_size: number('head_dim'),
      windowed_layers: number('sliding_layers'),
    });
  });
});
