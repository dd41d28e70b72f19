import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtInCard } from '../../src/model/cards.ts';
import { SERVED_PRECISIONS, type ServedPrecision } from '../../src/model/names.ts';
import { weightBytes } from '../../src/model/quantities.ts';
import { servedCard } from '../../src/model/served-card.ts';

/** Weight groups in short, parameters in 10⁹. */
const groups = (id: string, precision: ServedPrecision | null = null): string[] =>
  servedCard(id, { precision })!.weight_groups.map(
    (g) => `${g.name} ${g.weight_format} ${(g.parameters / 1e9).toFixed(2)}`,
  );

test('model and precision apart give the card of the checkpoint that names both', () => {
  const together = servedCard('RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8-dynamic')!;
  const apart = servedCard('meta-llama/Llama-3.1-70B-Instruct', { precision: 'fp8' })!;
  expect({ ...apart, id: '' }).toEqual({ ...together, id: '' });
  expect(apart.id).toBe('meta-llama/Llama-3.1-70B-Instruct');
  expect(apart.precision).toBe('fp8');
});

test('without a precision the name decides, else the release', () => {
  expect(servedCard('Qwen/Qwen3-32B')!.precision).toBe('bf16');
  expect(servedCard('Qwen/Qwen3-235B-A22B-FP8', { precision: 'fp8' })!.precision).toBe('fp8');
  expect(servedCard('MiniMaxAI/MiniMax-M2.5')!.precision).toBe('fp8');
  expect(servedCard('deepseek-ai/DeepSeek-R1-0528', { precision: null })!.precision).toBe('fp8');
});

test('bf16 of a model released in fp8 has no quantised group', () => {
  const card = servedCard('deepseek-ai/DeepSeek-R1', { precision: 'bf16' })!;
  expect(card.weight_groups.every((group) => group.weight_format === 'bf16')).toBe(true);
  expect(weightBytes(card) / 1e12).toBeCloseTo(1.342, 2);
});

describe('four bits', () => {
  test('NVFP4 of Llama quantises every linear layer but the head', () => {
    expect(groups('meta-llama/Llama-3.1-70B', 'fp4')).toEqual([
      'dense nvfp4 68.45',
      'head bf16 1.05',
      'embedding bf16 1.05',
    ]);
    expect(servedCard('meta-llama/Llama-3.1-70B', { precision: 'fp4' })!.compute_format).toBe('fp4');
  });

  test('NVFP4 of MiniMax quantises experts only', () => {
    expect(groups('MiniMaxAI/MiniMax-M2.5', 'fp4').slice(0, 2)).toEqual([
      'dense bf16 2.78',
      'experts nvfp4 224.68',
    ]);
  });

  test("NVIDIA's DeepSeek: the first version keeps attention in bf16, the second all of it but its output", () => {
    // Attention 11.41, of it the output projection 7.16; dense MLPs and shared experts 3.74; routers 0.11.
    const first = ['dense bf16 11.52', 'dense nvfp4 3.74', 'experts nvfp4 653.91'];
    const second = ['dense nvfp4 10.91', 'dense bf16 4.36', 'experts nvfp4 653.91'];
    expect(groups('nvidia/DeepSeek-R1-0528-FP4', 'fp4').slice(0, 3)).toEqual(first);
    expect(groups('nvidia/DeepSeek-R1-0528-FP4-V2', 'fp4').slice(0, 3)).toEqual(second);
    expect(groups('deepseek-ai/DeepSeek-R1-0528', 'nvfp4').slice(0, 3)).toEqual(second);
  });

  test("AMD's DeepSeek keeps attention in bf16 and multiplies the rest in fp4", () => {
    const card = servedCard('amd/DeepSeek-R1-0528-MXFP4-Preview', { precision: 'fp4' })!;
    const dense = { name: 'dense', weight_format: 'bf16' };
    const experts = { name: 'experts', weight_format: 'mxfp4', compute_format: 'fp4', compute_ratio: 4 };
    expect(card.weight_groups[0]).toMatchObject(dense);
    expect(card.weight_groups[2]).toMatchObject(experts);
    expect(card.precision).toBe('mxfp4');
  });

  test('fp4 of gpt-oss is the mxfp4 of its release; no other quantised format of it exists', () => {
    const card = servedCard('openai/gpt-oss-120b', { precision: 'fp4' })!;
    expect(card).toEqual(builtInCard('openai/gpt-oss-120b'));
    expect(weightBytes(card) / 1e9).toBeCloseTo(65.2, 1);
    expect(servedCard('openai/gpt-oss-120b', { precision: 'fp8' })).toBeNull();
  });
});

test('a contradiction and an unknown model give no card', () => {
  expect(servedCard('nvidia/Llama-3.1-8B-Instruct-FP8', { precision: 'bf16' })).toBeNull();
  expect(servedCard('amd/DeepSeek-R1-0528-MXFP4', { precision: 'nvfp4' })).toBeNull();
  expect(servedCard('someone/else', { precision: 'fp8' })).toBeNull();
  expect(servedCard('constructor')).toBeNull();
});

test("KV dtype and longest length are the server's", () => {
  const card = servedCard('MiniMaxAI/MiniMax-M2.5', {
    precision: 'fp4',
    kvCacheDtype: 'fp8',
    maxLengthTokens: 10_240,
  })!;
  expect(card.kv_bytes_per_element).toBe(1);
  expect(card.max_length_tokens).toBe(10_240);
  expect(servedCard('MiniMaxAI/MiniMax-M2.5', { precision: 'fp4' })!.kv_bytes_per_element).toBe(2);
});

const DATA = process.env.RIDGE_DATA ?? join(import.meta.dirname, '../../../shared/data');
const FILES = [
  ['aiconfigurator/silicon.csv', 'model_path', 'precision'],
  ['inferencemax/agg.csv', 'model', 'precision'],
  ['splitwise/perf_model.csv', 'model', null],
  ['mlenergy-v2/h100.csv', 'Model', null],
] as const;

describe.skipIf(!existsSync(DATA))('public measurements', () => {
  test.each(FILES)('every model of %s has a card, but gpt-oss labelled fp8', (file, model, precision) => {
    const [head, ...lines] = readFileSync(join(DATA, file), 'utf8').trim().split(/\r?\n/);
    const columns = head!.split(',');
    const named = new Set(
      lines.map((line) => {
        const cells = line.split(',');
        return `${cells[columns.indexOf(model)]} ${precision ? cells[columns.indexOf(precision)] : ''}`;
      }),
    );
    const missing = [...named].filter((name) => {
      const [id, format] = name.split(' ');
      const known = SERVED_PRECISIONS.find((one) => one === format) ?? null;
      return servedCard(id!, { precision: known }) === null;
    });
    expect(missing).toEqual(file.startsWith('aiconfigurator') ? ['openai/gpt-oss-120b fp8'] : []);
  });
});
