import { describe, expect, test } from 'vitest';
import { labFrom, secretEnvironmentOf } from '../../src/suite/targets.ts';
import { parseYaml } from '../../src/suite/yaml-source.ts';
import { labError } from './suite-text.ts';

const lab = (serve: string) =>
  labFrom(
    parseYaml(
      `schema_version: 1\ntargets:\n  h100:\n    url: http://127.0.0.1:8000\n    serve:\n${serve}`,
      '/labs/lab.yaml',
    ),
  );
const body = (serve: string): string =>
  `targets:\n  h100:\n    url: http://127.0.0.1:8000\n    serve:\n${serve}`;

describe('servers of a lab file', () => {
  test('each variant is a target of its own, with its size, port and flags in its command', () => {
    const targets =
      lab(`      argv: [vllm, serve, m, --tensor-parallel-size, "{tensor_parallel}", --port, "{port}"]
      env: { VLLM_LOGGING_LEVEL: INFO, THREADS: 4 }
      env_from: [HF_TOKEN]
      log: /tmp/{name}.log
      restarts: 2
      variants:
        tp1: { tensor_parallel: 1 }
        tp2:
          tensor_parallel: 2
          port: 8002
          flags: [--dtype, float16]
          env: { THREADS: 8 }
          model_config: m/config.json
          max_num_seqs: 64
`);
    expect(targets.map(({ name }) => name)).toEqual(['h100-tp1', 'h100-tp2']);
    const [one, two] = targets.map(({ definition }) => definition);
    expect(one).toMatchObject({ url: 'http://127.0.0.1:8000', tensor_parallel: 1 });
    expect(one!.serve).toEqual({
      argv: ['vllm', 'serve', 'm', '--tensor-parallel-size', '1', '--port', '8000'],
      env: { VLLM_LOGGING_LEVEL: 'INFO', THREADS: '4' },
      env_from: ['HF_TOKEN'],
      ready_timeout_s: 1800,
      stop: { signal: 'SIGTERM', grace_s: 30 },
      log: '/tmp/h100-tp1.log',
      restarts: 2,
    });
    expect(two).toMatchObject({
      url: 'http://127.0.0.1:8002',
      tensor_parallel: 2,
      max_num_seqs: 64,
      model_config: '/labs/m/config.json',
    });
    expect(two!.serve!.argv.slice(3)).toEqual([
      ...['--tensor-parallel-size', '2', '--port', '8002'],
      ...['--dtype', 'float16'],
    ]);
    expect(two!.serve!.env).toEqual({ VLLM_LOGGING_LEVEL: 'INFO', THREADS: '8' });
  });

  test('without variants the target is the server, and braces that are no placeholder stay', () => {
    const [target] = lab(`      argv: [vllm, serve, m, --port, 8000, --kv, '{"kv_role":"kv_both"}']\n`);
    expect(target!.name).toBe('h100');
    expect(target!.definition.serve!.argv.slice(4)).toEqual(['8000', '--kv', '{"kv_role":"kv_both"}']);
  });

  test.each([
    [
      'a size that the server is not told',
      '      argv: [vllm, serve, m]\n      variants:\n        tp2: { tensor_parallel: 2 }\n',
      /^lab\.yaml:8:14: tensor_parallel 2 is said, but not to the server\n {2}Add it to argv, for example --tensor-parallel-size, "\{tensor_parallel\}"\.$/,
    ],
    [
      'a placeholder for which there is nothing',
      '      argv: [vllm, serve, m, --dtype, "{dtype}"]\n',
      /argv asks for \{dtype\}, which nothing here says/,
    ],
    [
      'a secret in env',
      '      argv: [vllm]\n      env: { HF_TOKEN: hf_abc }\n',
      /^lab\.yaml:6:7: env: the value of HF_TOKEN would be kept in the run record\n.*env_from: \[HF_TOKEN\]/,
    ],
    ['a key in argv', '      argv: [vllm, serve, m, --api-key, abc]\n', /argv: an API key would be kept/],
    [
      'a misspelt key',
      '      argv: [vllm]\n      variant: { tp1: {} }\n',
      /unknown key 'variant'\n {2}Did you mean 'variants'\?/,
    ],
    ['no variant', '      argv: [vllm]\n      variants: {}\n', /name at least one variant/],
    ['a command line in one text', '      argv: vllm serve m\n', /Put it into brackets: \[vllm, serve, m\]/],
  ])('%s is refused with its place', (_, serve, words) => {
    const error = labError(body(serve));
    expect(error).toMatch(words);
    expect(error).not.toContain('hf_abc');
  });

  test('two variants of one name as another target are refused', () => {
    const twins = `targets:\n  a-x: { url: "http://h:1" }\n  a:\n    url: http://h:2\n    serve: { argv: [s], variants: { x: {} } }\n`;
    expect(labError(twins)).toContain("target 'a-x' is named twice");
  });

  test('what a server gets from the environment is named, and missing when it is not set', () => {
    const [target] = lab('      argv: [vllm]\n      env_from: [HF_TOKEN]\n');
    expect(secretEnvironmentOf(target!, { HF_TOKEN: 'x', OTHER: 'y' })).toEqual({ HF_TOKEN: 'x' });
    expect(() => secretEnvironmentOf(target!, {})).toThrow(
      "environment variable HF_TOKEN is not set (env_from of target 'h100')",
    );
  });
});
