import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labTextPrompts, textIdPrompts } from '../../src/endpoint/text-prompts.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { withRoutingAnchor } from '../../src/plan/routing-anchor.ts';
import { cellKey } from '../../src/run/cell-key.ts';
import { applyRouting } from '../../src/run/routing.ts';
import { readLabPrompts } from '../../src/suite/lab-prompts.ts';
import { samplingOf } from '../../src/suite/sampling.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { metrics } from '../agent/facts.ts';
import { cell, record, runTarget, temporaryFolder } from '../run/facts.ts';
import { endpoint } from '../simulate/endpoint.ts';

const dense = builtInCard('meta-llama/Llama-3.1-8B');
const moe = builtInCard('mistralai/Mixtral-8x7B-v0.1') ?? builtInCard('deepseek-ai/DeepSeek-R1');

test('a mixture of experts reads text at temperature 1, a dense model random ids greedily; the suite has the last word', () => {
  expect(moe).not.toBeNull();
  expect(samplingOf(protocolSchema.parse({}), dense)).toEqual({ prompt: 'random_ids', temperature: 0 });
  expect(samplingOf(protocolSchema.parse({}), moe)).toEqual({ prompt: 'text_ids', temperature: 1 });
  const said = protocolSchema.parse({ prompt: 'random_ids', temperature: 0 });
  expect(samplingOf(said, moe)).toEqual({ prompt: 'random_ids', temperature: 0 });
});

test('what a suite leaves to the model is part of a cell’s key, as if it were written out', () => {
  const stop = stopSchema.parse({});
  const key = (protocol: object, model_card: typeof moe): string =>
    cellKey(runTarget({ model_card }), cell(), { protocol: protocolSchema.parse(protocol), stop });
  expect(key({}, dense)).toBe(key({ prompt: 'random_ids', temperature: 0 }, dense));
  expect(key({}, moe)).toBe(key({ prompt: 'text_ids', temperature: 1 }, moe));
  expect(key({}, moe)).not.toBe(key({}, dense));
});

describe('whether routing matters', () => {
  const cells = [cell({ anchor: 'start' }), cell({ concurrency: 4 }), cell({ anchor: 'end' })];

  test('is asked by the first anchor with the other kind of prompt, for mixtures of experts alone', () => {
    expect(withRoutingAnchor(cells, {}, dense)).toEqual(cells);
    const more = withRoutingAnchor(cells, {}, moe);
    expect(more).toHaveLength(4);
    expect(more[1]).toEqual(cell({ prompt: 'random_ids' }));
    expect(withRoutingAnchor(cells, { prompt: 'random_ids' }, moe)[1]).toEqual(cell({ prompt: 'text_ids' }));
    expect(withRoutingAnchor(cells.slice(1, 2), {}, moe)).toHaveLength(1);
  });

  const start = record({ key: 'a', cell: cell({ anchor: 'start' }) });
  const plain = record({ key: 'b', cell: cell({ concurrency: 4 }) });
  const other = (tpot_ms: number) =>
    record({ key: 'c', cell: cell({ prompt: 'random_ids' }), metrics: metrics(50, tpot_ms) });

  test('flags the cells of random ids where the anchors differ, and takes it back where they do not', () => {
    expect(applyRouting([start, plain, other(8.01)], 'text_ids')).toEqual([]);
    const flagged = applyRouting([start, plain, other(9)], 'text_ids');
    expect(flagged.map(({ key, verdict }) => [key, verdict])).toEqual([['c', 'flagged']]);
    expect(flagged[0]!.reasons[0]).toMatchObject({ code: 'routing_sensitive', fit: 'exclude' });
    // Where the suite itself sends random ids, all its cells are of that kind.
    const text = { ...other(9), cell: cell({ prompt: 'text_ids' }) };
    expect(applyRouting([start, plain, text], 'random_ids').map(({ key }) => key)).toEqual(['a', 'b']);
    const before = { ...other(8.01), reasons: flagged[0]!.reasons, verdict: 'flagged' as const };
    expect(applyRouting([start, plain, before], 'text_ids')[0]).toMatchObject({ key: 'c', reasons: [] });
  });
});

describe('prompts of a lab', () => {
  test('are read from JSON lines, and joined to prompts of exact length', async () => {
    const file = join(await temporaryFolder(), 'own.jsonl');
    await writeFile(file, '{"text": "The cat sat."}\n\n{"ids": [300, 301, 302]}\n');
    const { prompts, digest } = await readLabPrompts(file);
    expect(digest).toMatch(/^sha256:/);
    const { url } = await endpoint();
    const access = { url, apiKey: null, apiKeyEnv: null };
    const source = await labTextPrompts(access, 'm', prompts, 1);
    const ids = source.next(500);
    expect(ids).toHaveLength(500);
    const allowed = new Set([300, 301, 302, ...Buffer.from('The cat sat.')]);
    expect(ids.every((id) => allowed.has(id))).toBe(true);
    expect(new Set(ids).size).toBeGreaterThan(8);
    await expect(labTextPrompts(access, 'm', [])).rejects.toThrow('lab_text needs');
    expect((await textIdPrompts(access, 'm', 1)).next(64)).toHaveLength(64);
  });

  test('name the line that is none', async () => {
    const file = join(await temporaryFolder(), 'own.jsonl');
    await writeFile(file, '{"text": "x"}\n{"text": 5}\n');
    await expect(readLabPrompts(file)).rejects.toMatchObject({ where: `${file}:2` });
    await writeFile(file, '');
    await expect(readLabPrompts(file)).rejects.toThrow('no prompt in this file');
    await expect(readLabPrompts(`${file}.missing`)).rejects.toThrow('cannot be read');
  });
});
