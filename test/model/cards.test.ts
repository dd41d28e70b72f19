import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ModelCard } from '../../src/model/card.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { cardFromConfig } from '../../src/model/from-config.ts';
import {
  attentionFlopPerPair,
  expertsHit,
  kvBytesPerToken,
  kvShards,
  parameterCount,
} from '../../src/model/quantities.ts';

/** Model, total and active parameters (10⁹), GFLOP a token in prefill and decode, attention MFLOP a pair, KV KiB a token. */
type Row = readonly [string, number, number, number, number, number, number];
const TABLE: Row[] = [
  ['llama-3.1-8b', 8.03, 7.5, 14.0, 15.0, 0.524, 128],
  ['llama-3.1-70b', 70.55, 69.5, 136.9, 139.0, 2.621, 320],
  ['qwen3-32b', 32.76, 31.98, 62.4, 64.0, 2.097, 256],
  ['qwen3-30b-a3b', 30.53, 3.04, 5.5, 6.1, 0.786, 96],
  ['qwen3-235b-a22b', 235.1, 21.57, 41.9, 43.1, 3.08, 188],
  ['gpt-oss-120b', 116.8, 5.13, 9.1, 10.3, 0.59, 72],
  ['minimax-m2.5', 228.7, 10.42, 19.6, 20.8, 1.524, 248],
  ['deepseek-v3', 671.0, 36.6, 71.4, 73.2, 5.0, 68.6],
  ['mixtral-8x7b', 46.7, 12.75, 25.2, 25.5, 0.524, 128],
];

function activeParameters(card: ModelCard, without: readonly string[]): number {
  return card.weight_groups
    .filter(({ name }) => !without.includes(name))
    .reduce((sum, g) => sum + (g.parameters * (g.experts_active ?? 1)) / (g.experts_count ?? 1), 0);
}

function checkRow(card: ModelCard, row: Row): void {
  const [, total, active, prefill, decode, pair, kv] = row;
  const within = (value: number, expected: number): void => {
    expect(Math.abs(value / expected - 1)).toBeLessThan(0.01);
  };
  within(parameterCount(card) / 1e9, total);
  within(activeParameters(card, ['embedding']) / 1e9, active);
  within((2 * activeParameters(card, ['embedding', 'head'])) / 1e9, prefill);
  within((2 * activeParameters(card, ['embedding'])) / 1e9, decode);
  within((card.layers * attentionFlopPerPair(card, 'prefill')) / 1e6, pair);
  within(kvBytesPerToken(card) / 1024, kv);
}

test.each(TABLE)('%s: sizes and work by value', (...row) => {
  checkRow(builtInCard(row[0])!, row);
});

test('served names find their card whatever their owner, case and suffix', () => {
  const card = builtInCard('meta-llama/Llama-3.1-8B-Instruct')!;
  expect(card.id).toBe('meta-llama/Llama-3.1-8B-Instruct');
  expect(parameterCount(card)).toBe(parameterCount(builtInCard('llama-3.1-8b')!));
  expect(builtInCard('RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8-dynamic')!.precision).toBe('fp8');
  expect(builtInCard('Qwen/Qwen3-32B')).not.toBeNull();
  expect(builtInCard('someone/else')).toBeNull();
  expect(builtInCard('constructor')).toBeNull();
});

test('experts hit under uniform routing', () => {
  const rounded = (e: number, k: number, t: number): number => Number(expertsHit(e, k, t).toFixed(1));
  expect([1, 4, 8, 16].map((t) => rounded(8, 2, t))).toEqual([2, 5.5, 7.2, 7.9]);
  expect([1, 32, 128].map((t) => Math.round(rounded(128, 4, t)))).toEqual([4, 82, 126]);
  expect([1, 64, 256].map((t) => Math.round(rounded(256, 8, t)))).toEqual([8, 222, 256]);
});

describe('precision', () => {
  const base = {
    num_hidden_layers: 4,
    hidden_size: 64,
    vocab_size: 1000,
    num_attention_heads: 4,
    intermediate_size: 128,
  };
  const groups = (extra: object) =>
    cardFromConfig('m', { ...base, ...extra }).weight_groups.map(
      (g) => `${g.name} ${g.weight_format} ${g.compute_format}`,
    );

  test('fp8 keeps the output projection and the embedding in bf16', () => {
    expect(groups({ quantization_config: { quant_method: 'fp8' } })).toEqual([
      'dense fp8 fp8',
      'head bf16 bf16',
      'embedding bf16 bf16',
    ]);
  });

  test('modules that the checkpoint keeps make a second dense group, the larger one first', () => {
    const kept = groups({
      quantization_config: {
        quant_method: 'fp8',
        modules_to_not_convert: ['model.layers.*.self_attn', 'lm_head'],
      },
    });
    expect(kept.slice(0, 2)).toEqual(['dense fp8 fp8', 'dense bf16 bf16']);
  });

  test('weight-only formats multiply in bf16', () => {
    expect(groups({ quantization_config: { quant_method: 'awq', bits: 4, group_size: 128 } })[0]).toBe(
      'dense int4 bf16',
    );
    const packed = {
      quant_method: 'compressed-tensors',
      ignore: ['re:.*lm_head'],
      config_groups: {
        group_0: { weights: { num_bits: 8, type: 'float' }, input_activations: { num_bits: 8 } },
      },
    };
    expect(groups({ quantization_config: packed })[0]).toBe('dense fp8 fp8');
  });

  test('mxfp4 takes 0.53 byte a parameter and leaves attention alone', () => {
    const experts = builtInCard('gpt-oss-120b')!.weight_groups.find(({ name }) => name === 'experts')!;
    expect(experts.bytes_per_parameter).toBeCloseTo(0.53, 2);
    expect(builtInCard('gpt-oss-120b')!.weight_groups[0]).toMatchObject({
      name: 'dense',
      weight_format: 'bf16',
    });
  });

  test('Quark: one scheme for all layers, and its exclusions; mixed schemes are not guessed', () => {
    const quark = (extra: object) => ({
      quantization_config: {
        quant_method: 'quark',
        global_quant_config: { weight: { dtype: 'fp4' }, input_tensors: { dtype: 'fp4' } },
        ...extra,
      },
    });
    expect(groups(quark({}))[0]).toBe('dense mxfp4 fp4');
    expect(groups(quark({ global_quant_config: { weight: { dtype: 'fp4' } } }))[0]).toBe('dense mxfp4 bf16');
    expect(groups(quark({ exclude: ['re:model.layers.*self_attn.*'] })).slice(0, 2)).toEqual([
      'dense mxfp4 fp4',
      'dense bf16 bf16',
    ]);
    expect(() => groups(quark({ layer_quant_config: { '*self_attn*': {} } }))).toThrow(/quark/);
  });

  test("float32 checkpoints are served in two bytes; the KV dtype is the server's", () => {
    expect(
      cardFromConfig('m', { ...base, torch_dtype: 'float32' }).weight_groups[0]!.bytes_per_parameter,
    ).toBe(2);
    expect(cardFromConfig('m', base, { kvCacheDtype: 'fp8_e4m3' }).kv_bytes_per_element).toBe(1);
    expect(cardFromConfig('m', base, { kvCacheDtype: 'auto' }).kv_bytes_per_element).toBe(2);
  });

  test('tied embeddings are counted once', () => {
    expect(groups({ tie_word_embeddings: true })).toEqual(['dense bf16 bf16', 'head bf16 bf16']);
  });

  test('an unknown method and a file that is no model are named', () => {
    expect(() => groups({ quantization_config: { quant_method: 'magic' } })).toThrow(/magic/);
    expect(() => cardFromConfig('m', { hidden_size: 64 })).toThrow(/num_hidden_layers/);
  });
});

test('windows: every other layer of gpt-oss, none where the model says not to use them', () => {
  expect(builtInCard('gpt-oss-120b')!.attention).toMatchObject({ windowed_layers: 18, window_tokens: 128 });
  const qwen = {
    num_hidden_layers: 4,
    hidden_size: 64,
    vocab_size: 10,
    num_attention_heads: 4,
    sliding_window: 128,
  };
  expect(cardFromConfig('m', { ...qwen, use_sliding_window: false }).attention).toMatchObject({
    windowed_layers: 0,
  });
  expect(cardFromConfig('m', qwen).attention).toMatchObject({ windowed_layers: 4, window_tokens: 128 });
});

test('the KV cache splits at most once per KV head, and not at all with latent attention', () => {
  expect(kvShards(builtInCard('llama-3.1-8b')!, 16)).toBe(8);
  expect(kvShards(builtInCard('deepseek-r1')!, 8)).toBe(1);
});

const configs = join(
  process.env.RIDGE_DATA ?? join(import.meta.dirname, '../../../shared/data'),
  'model-configs',
);

describe.skipIf(!existsSync(configs))('published config.json files', () => {
  const files = existsSync(configs) ? readdirSync(configs) : [];
  test.each(files)('%s gives the card of the same built-in model', (file) => {
    const config = JSON.parse(readFileSync(join(configs, file), 'utf8')) as unknown;
    const id = file.replace(/\.json$/, '').split('--')[1]!;
    const card = cardFromConfig(id, config);
    const builtIn = builtInCard(id)!;
    expect({ ...card, weight_groups: [] }).toEqual({ ...builtIn, weight_groups: [] });
    expect(card.weight_groups).toEqual(builtIn.weight_groups);
  });
});
