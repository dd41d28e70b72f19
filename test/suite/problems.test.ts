import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../src/suite/yaml-source.ts';
import { GRID, labError, loadText, suiteError } from './suite-text.ts';

describe('a suite that does not load says where and how to mend it', () => {
  test.each([
    ['an unknown key', `${GRID}repeat: 3\n`, "s.yaml:7:1: unknown key 'repeat'\n  Did you mean 'repeats'?"],
    [
      'a misspelt key whose right form is then missing, too',
      'gird: []\n',
      "s.yaml:3:1: unknown key 'gird' (and 1 more problem: 'grid')\n  Did you mean 'grid'?",
    ],
    [
      'a misspelt load',
      GRID.replace('concurrency', 'concurency'),
      "s.yaml:6:13: unknown key 'concurency'\n  Did you mean 'concurrency'?",
    ],
    [
      'two loads at once',
      GRID.replace('[1] }', '[1], kv_fill: [1] }'),
      "s.yaml:6:31: 'kv_fill' does not go with the other keys here\n  Keep one of: concurrency, kv_fill, rate_per_s, arrivals, burstiness, trace, speed, max_requests.",
    ],
    [
      'a misspelt threshold',
      `${GRID}thresholds: { client_bound_ttft: 0.1 }\n`,
      "s.yaml:7:15: unknown key 'client_bound_ttft'\n  Did you mean 'client_bound_ttft_share'?",
    ],
    [
      'a threshold that would let everything through',
      `${GRID}thresholds: { client_bound_ttft_share: 5 }\n`,
      "s.yaml:7:40: 'thresholds.client_bound_ttft_share' is 5, the most is 0.5",
    ],
    [
      'a number of prompt lengths where there is one',
      `${GRID}protocol: { input_lengths: 4 }\n`,
      "s.yaml:7:28: 'protocol.input_lengths' is 4: it needs input_spread, without which there is one prompt length",
    ],
    [
      'a unit in a value',
      `${GRID}stop:\n  max_s: 3 min\n`,
      's.yaml:8:10: \'stop.max_s\' is "3 min", not a number\n  Write a plain number of seconds, without a unit.',
    ],
    [
      'a limit in another unit',
      `${GRID}objectives: { ttft_p99_s: 2 }\n`,
      "s.yaml:7:15: unknown key 'ttft_p99_s'\n  Did you mean 'ttft_p99_ms'?",
    ],
    [
      'an empty grid',
      'grid: []\n',
      "s.yaml:3:7: 'grid' is empty\n  Give at least one value, for example [128].",
    ],
    [
      'an empty axis',
      GRID.replace('[128]', '[]'),
      "s.yaml:4:12: 'grid[0].input' is empty\n  Give at least one value, for example [128].",
    ],
    [
      'a number instead of a list',
      GRID.replace('[128]', '128'),
      "s.yaml:4:12: 'grid[0].input' is 128, not a list\n  Put it into brackets: [128].",
    ],
    [
      'no streams',
      GRID.replace('[1]', '[0]'),
      "s.yaml:6:27: 'grid[0].load.concurrency[0]' is 0, the least is 1",
    ],
    [
      'a cell that stands twice',
      GRID + GRID.slice(6),
      's.yaml:7:5: input 128, output 64, concurrency 1 stands already in grid[0]\n  Remove one of them, or set repeats to measure a cell more than once.',
    ],
    [
      'a cell that stands twice for one tensor parallel size',
      `${GRID}    tensor_parallel: [1, 2]\n${GRID.slice(6)}    tensor_parallel: [2, 4]\n`,
      's.yaml:8:5: input 128, output 64, concurrency 1 stands already in grid[0]\n  Remove one of them, or set repeats to measure a cell more than once.',
    ],
    [
      'a wrong choice',
      `${GRID}over_length: skp\n`,
      's.yaml:7:14: \'over_length\' is "skp"\n  Did you mean skip?',
    ],
    [
      'a key twice',
      `${GRID}name: other\n`,
      's.yaml:7:1: the same key stands twice in this map\n  Rename or remove one of them.',
    ],
    [
      'a reversed range',
      `${GRID}protocol: { output_jitter: [1.2, 0.9] }\n`,
      "s.yaml:7:28: 'protocol.output_jitter' is [1.2,0.9]: the low end is above the high end",
    ],
  ])('%s', (_, body, lines) => {
    expect(suiteError(body)).toBe(lines);
  });

  test('broken YAML', () => {
    expect(suiteError('grid: [1\n')).toMatch(/^s\.yaml:\d+:\d+: not valid YAML: /);
  });

  test('a newer version', () => {
    expect(labError('targets: { a: { url: "http://h" } }\n', 2)).toBe(
      'lab.yaml:1:17: schema_version 2: this ridge reads 1\n  Update ridgepoint, or the file.',
    );
  });

  test('an alias bomb and deep nesting are refused', () => {
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n`;
    expect(() => loadText(bomb)).toThrow();
    expect(() => parseYaml('['.repeat(100) + ']'.repeat(100), 'deep.yaml')).toThrow('nested deeper');
  });
});

describe('a lab file that does not load', () => {
  test.each([
    [
      'no target',
      'targets: {}\n',
      "lab.yaml:2:10: 'targets' is empty\n  Name at least one target with its url.",
    ],
    [
      'a target twice',
      'targets:\n  a: { url: "http://x" }\n  a: { url: "http://y" }\n',
      'lab.yaml:4:3: the same key stands twice in this map\n  Rename or remove one of them.',
    ],
    ['no URL', 'targets:\n  a: { url: "x" }\n', 'lab.yaml:3:13: \'targets.a.url\' is "x": Invalid URL'],
    [
      'an unknown accelerator',
      'targets:\n  a: { url: "http://x", accelerator: gaudi33 }\n',
      "lab.yaml:3:38: no accelerator 'gaudi33' in the catalogue\n  Did you mean 'gaudi3'? A lab file may also define its own under accelerators.",
    ],
    [
      'an agent that is no list',
      'targets:\n  a: { url: "http://x", agent: ssh host }\n',
      'lab.yaml:3:32: \'targets.a.agent\' is "ssh host", not a list\n  Put it into brackets: [ssh, host].',
    ],
    [
      'a password in a URL, which is never shown',
      'targets:\n  a: { url: "http://me:secret@x:8000" }\n',
      "lab.yaml:3:13: 'targets.a.url': a URL with a user name or password in it would be kept in the run record\n  Leave out what stands before the @; name the environment variable of the server's key by api_key_env in a lab file.",
    ],
    [
      'a password in a URL that is none',
      'targets:\n  a: { url: "ftp://me:sec/ret@x" }\n',
      'lab.yaml:3:13: \'targets.a.url\' is "ftp://...@x": Invalid URL',
    ],
    [
      'a name that could become an option',
      'targets:\n  -a: { url: "http://x" }\n',
      "lab.yaml:3:3: '-a' is not a good name\n  Invalid string: must match pattern /^[A-Za-z0-9][A-Za-z0-9._-]*$/",
    ],
    [
      'an accelerator defined twice',
      'accelerators: [{ id: x, name: X }, { id: x, name: Y }]\ntargets: { a: { url: "http://x" } }\n',
      "lab.yaml:2:42: accelerator 'x' is defined twice\n  Rename or remove one of them.",
    ],
  ])('%s', (_, body, lines) => {
    expect(labError(body)).toBe(lines);
  });
});
