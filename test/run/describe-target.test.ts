import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import type { Identity } from '../../src/agent/protocol.ts';
import { describeTarget, factsOf, requireModel } from '../../src/run/describe-target.ts';
import { LogReader } from '../../src/server/log-facts.ts';
import type { Target } from '../../src/suite/schema.ts';
import { identity } from '../agent/facts.ts';
import { runTarget, temporaryFolder } from './facts.ts';

const { host } = runTarget();
const CONFIG = {
  model_type: 'llama',
  hidden_size: 1024,
  num_hidden_layers: 4,
  num_attention_heads: 8,
  num_key_value_heads: 8,
  intermediate_size: 4096,
  vocab_size: 32_000,
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
};

const describeWith = (
  definition: Partial<Target> = {},
  seen: Partial<Identity> = {},
  logLines: readonly string[] | null = null,
) =>
  describeTarget(
    {
      name: 'a',
      definition: { url: 'http://h:1', ...definition },
      accelerator: definition.accelerator ? findAccelerator(definition.accelerator) : null,
      where: 'lab.yaml:3:3',
    },
    identity(seen),
    host,
    logLines && logFacts(logLines),
  );
function logFacts(lines: readonly string[]) {
  const reader = new LogReader();
  for (const line of lines) reader.read(line);
  return reader.facts;
}
const unknown = { value: null, source: 'unknown' } as const;
const bare = { ...identity().settings, max_num_batched_tokens: unknown, kv_capacity_tokens: unknown };

describe('engine settings', () => {
  test('come from the server, then the lab file; what is known to neither is warned of by its key', async () => {
    const seen = { settings: { ...bare, kv_capacity_tokens: identity().settings.kv_capacity_tokens } };
    const without = await describeWith({}, seen);
    expect(without.settings.max_num_batched_tokens).toEqual(unknown);
    expect(without.warnings.join('\n')).toContain('max_num_batched_tokens is not known');
    const withLab = await describeWith({ max_num_batched_tokens: 4096 }, seen);
    expect(withLab.settings.max_num_batched_tokens).toEqual({ value: 4096, source: 'lab' });
    expect(withLab.warnings.join('\n')).not.toContain('max_num_batched_tokens');
  });

  test('come from the log of a started server where its endpoint does not say them, before the lab file', async () => {
    const lines = [
      'GPU KV cache size: 123,456 tokens',
      'Chunked prefill is enabled with max_num_batched_tokens=1536.',
      "non-default args: {'max_num_seqs': 48}",
      'LLM engine (v0.32.0) with config: tensor_parallel_size=4',
    ];
    const { settings, warnings, tensor_parallel } = await describeWith(
      { max_num_batched_tokens: 4096 },
      { settings: bare },
      lines,
    );
    expect(settings).toMatchObject({
      max_num_batched_tokens: { value: 1536, source: 'log' },
      kv_capacity_tokens: { value: 123_456, source: 'log' },
      max_num_seqs: { value: 256, source: 'server' },
    });
    expect(tensor_parallel).toBe(4);
    expect(warnings).toContain(
      "max_num_batched_tokens: the lab file says 4096, the server's log 1536; the server's counts",
    );
  });

  test("where both know, the server's counts and the contradiction is said", async () => {
    const { settings, warnings } = await describeWith({ max_num_seqs: 128 });
    expect(settings.max_num_seqs).toEqual({ value: 256, source: 'server' });
    expect(warnings).toContain("max_num_seqs: the lab file says 128, the server 256; the server's counts");
  });

  test('the KV capacity is derived where only model and memory are known, and marked so', async () => {
    const { settings, warnings } = await describeWith({ accelerator: 'h100-sxm' }, { settings: bare });
    expect(settings.kv_capacity_tokens.source).toBe('derived');
    expect(settings.kv_capacity_tokens.value).toBeGreaterThan(300_000);
    expect(warnings.join('\n')).toContain('KV capacity derived');
  });
});

test('how tokens are proposed comes from the server, then from the log of one that the run started', async () => {
  const line =
    "LLM engine (v0.32.0) with config: model='m', speculative_config=SpeculativeConfig(method='ngram', model=None, num_spec_tokens=3), dtype=x";
  const proposer = { method: 'eagle3', model: 'head', draft_tokens: 2, source: 'server' as const };
  expect((await describeWith({}, { proposer }, [line])).proposer).toEqual(proposer);
  expect((await describeWith({}, {}, [line])).proposer).toEqual({
    ...{ method: 'ngram', model: null, draft_tokens: 3, source: 'log' },
  });
  expect(await describeWith()).not.toHaveProperty('proposer');
});

describe('the model card', () => {
  const other = { ...identity().model, id: 'lab/unknown-model', root: null };

  test('comes from model_config first, the served config second, a built-in card last', async () => {
    const file = join(await temporaryFolder(), 'config.json');
    await writeFile(file, JSON.stringify({ ...CONFIG, num_hidden_layers: 7 }));
    const served = { model: other, model_config: CONFIG };
    expect((await describeWith({ model_config: file }, served)).model_card?.layers).toBe(7);
    expect((await describeWith({}, served)).model_card?.layers).toBe(4);
    expect((await describeWith()).model_card?.layers).toBe(32);
  });

  test('is null with a warning where nobody knows the model', async () => {
    const target = await describeWith({}, { model: other });
    expect(target.model_card).toBeNull();
    expect(target.warnings.join('\n')).toContain("model 'lab/unknown-model' has no card");
  });

  test('a model_config that is missing or broken is bad input', async () => {
    const file = join(await temporaryFolder(), 'config.json');
    await expect(describeWith({ model_config: file })).rejects.toMatchObject({ exitCode: 2, where: file });
    await writeFile(file, '{"hidden_size": ');
    await expect(describeWith({ model_config: file })).rejects.toThrow('not a JSON file');
  });
});

test('a target without TP is taken as TP 1, and says so; devices follow TP', async () => {
  const bareTarget = await describeWith();
  expect([bareTarget.tensor_parallel, bareTarget.devices]).toEqual([1, 1]);
  expect(bareTarget.warnings).toContain('tensor_parallel is not given; 1 is assumed');
  const four = await describeWith({ tensor_parallel: 4 });
  expect([four.tensor_parallel, four.devices]).toEqual([4, 4]);
  expect(factsOf(four)).toMatchObject({ tensorParallel: 4, maxLengthTokens: 32_768, maxNumSeqs: 256 });
});

test('a simulated endpoint of another TP than given is warned of', async () => {
  const simulated = { accelerator: 'h100-sxm', tensor_parallel: 2 };
  const warnings = async (tensor_parallel: number) =>
    (await describeWith({ tensor_parallel }, { simulated })).warnings.join('\n');
  expect(await warnings(1)).toContain('tensor_parallel: 1 is given, the simulated endpoint has 2');
  expect(await warnings(2)).not.toContain('tensor_parallel');
});

test('a suite for other models refuses the target; owner, case and Instruct do not count', () => {
  const target = runTarget({
    model: { id: 'meta-llama/Meta-Llama-3-8B-Instruct', root: null, max_length_tokens: null },
  });
  expect(() => requireModel(['llama-3-8b'], target)).not.toThrow();
  expect(() => requireModel(undefined, target)).not.toThrow();
  expect(() => requireModel(['llama-3-70b'], target)).toThrow(
    "target 'h100' serves meta-llama/Meta-Llama-3-8B-Instruct; the suite is for llama-3-70b",
  );
});
