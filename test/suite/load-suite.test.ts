import { describe, expect, test } from 'vitest';
import { RidgeError } from '../../src/errors.ts';
import { loadSuite } from '../../src/suite/load-suite.ts';
import { apiKeyOf, labFrom, targetFromFlag, uniqueTargets } from '../../src/suite/targets.ts';
import { parseYaml } from '../../src/suite/yaml-source.ts';
import { GRID, loadText } from './suite-text.ts';

describe('loading a suite', () => {
  test('expands the axes in the order of the file', () => {
    const { points } = loadText(
      'repeats: 2\ngrid:\n  - { input: [1, 2], output: [3], load: { concurrency: [4, 5] } }\n  - { input: [9], output: [9], load: { kv_fill: [1.05] }, repeats: 1, anchor: true }\n',
    );
    expect(
      points.map(({ input_tokens, load, repeats, anchor }) => [input_tokens, load, repeats, anchor]),
    ).toEqual([
      [1, { kind: 'concurrency', concurrency: 4 }, 2, false],
      [1, { kind: 'concurrency', concurrency: 5 }, 2, false],
      [2, { kind: 'concurrency', concurrency: 4 }, 2, false],
      [2, { kind: 'concurrency', concurrency: 5 }, 2, false],
      [9, { kind: 'kv_fill', fill: 1.05 }, 1, true],
    ]);
  });

  test('the digest is over the content: layout, comments, defaults and $schema do not count', () => {
    const plain = loadText(GRID).digest;
    expect(plain).toMatch(/^sha256:[0-9a-f]{64}$/);
    const same = `$schema: x\n# a comment\n${GRID.replace('[128]', '\n      - 128')}repeats: 1\nstop: { min_s: 5 }\n`;
    expect(loadText(same).digest).toBe(plain);
    expect(loadText(GRID.replace('128', '129')).digest).not.toBe(plain);
  });

  test('a missing file is bad usage', async () => {
    await expect(loadSuite('nowhere.yaml')).rejects.toMatchObject({ exitCode: 2, where: 'nowhere.yaml' });
  });
});

describe('targets', () => {
  test('come from NAME=URL', () => {
    const target = targetFromFlag('h100=http://10.0.0.5:8000', { accelerator: 'h100-sxm', tp: 2 });
    expect(target).toMatchObject({
      name: 'h100',
      definition: { url: 'http://10.0.0.5:8000', accelerator: 'h100-sxm', tensor_parallel: 2 },
      accelerator: { id: 'h100-sxm' },
    });
    for (const bad of ['http://x', '-x=http://y', 'a=ftp://x', 'a=']) {
      expect(() => targetFromFlag(bad)).toThrow(RidgeError);
    }
  });

  test.each([
    'a=http://me:secret@x',
    'a=http://secret@x',
    'a=me:secret@x',
    'http://me:secret@x',
    'a=http://me:sec/ret@x',
  ])('refuse a URL with a password, and never show it (%s)', (text) => {
    let lines = '';
    try {
      targetFromFlag(text);
    } catch (error) {
      lines = (error as RidgeError).toLines().join('\n');
    }
    expect(lines).toContain('--target');
    expect(lines).not.toContain('secret');
    expect(lines).not.toContain('sec/ret');
  });

  test('a URL with a password is answered with api_key_env', () => {
    const refused = () => targetFromFlag('a=http://me:secret@x');
    expect(refused).toThrow('a URL with a user name or password in it would be kept in the run record');
    expect(refused).toThrow(
      expect.objectContaining({ exitCode: 2, mend: expect.stringContaining('api_key_env') }),
    );
  });

  test('come from a lab file, with accelerators of its own and paths relative to it', () => {
    const [target] = labFrom(
      parseYaml(
        'schema_version: 1\naccelerators: [{ id: proto-7, name: Prototype 7, memory_gb_per_s: 4000 }]\ntargets:\n  p: { url: "http://h:1", accelerator: proto-7, model_config: models/config.json }\n',
        '/labs/one.yaml',
      ),
    );
    expect(target!.accelerator).toMatchObject({
      id: 'proto-7',
      memory_bytes_per_s: 4e12,
      bf16_flop_per_s: null,
    });
    expect(target!.definition.model_config).toBe('/labs/models/config.json');
  });

  test('one name twice is refused with both places', () => {
    const twin = targetFromFlag('a=http://x');
    expect(() => uniqueTargets([twin, twin])).toThrow("target 'a' is named twice");
  });

  test('an API key comes from the environment; an unset variable is named', () => {
    const source = parseYaml(
      'schema_version: 1\ntargets:\n  a: { url: "http://x", api_key_env: LAB_KEY }\n',
      'lab.yaml',
    );
    const [target] = labFrom(source);
    expect(apiKeyOf(target!, { LAB_KEY: 'secret' })).toBe('secret');
    expect(() => apiKeyOf(target!, {})).toThrow('environment variable LAB_KEY is not set');
  });
});
