import { describe, expect, test } from 'vitest';
import { allAccelerators } from '../../src/accelerator/catalogue.ts';
import { parseFit } from '../../src/fitfile/parse.ts';
import { stripFit } from '../../src/fitfile/strip.ts';
import { stripText } from '../../src/fitfile/strip-text.ts';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import fc from '../property.ts';
import { madeFit, textOf, withContent } from './made-fit.ts';

describe('traces in a text', () => {
  test.each([
    ['measured on http://10.0.0.7:8000/v1 today', 'measured on today', 'url'],
    ['by alice@node17', 'by', 'user'],
    ['weights in /home/alice/models/llama-3.1-8b', 'weights in llama-3.1-8b', 'local_path'],
    ['/models/My Model', 'My Model', 'local_path'],
    ['/models', 'models', 'local_path'],
    ['~/w/qwen', 'qwen', 'local_path'],
    ['../qwen', 'qwen', 'local_path'],
    ['from ./weights/qwen/', 'from qwen', 'local_path'],
    ['C:\\Users\\alice\\qwen', 'qwen', 'local_path'],
    ['on \\\\server\\share\\qwen', 'on qwen', 'local_path'],
    ['/root/.cache/huggingface/hub/models--Qwen--Qwen3-32B/snapshots/9216', 'Qwen/Qwen3-32B', 'local_path'],
    ['host 192.168.1.20:8000 was warm', 'host was warm', 'address'],
    ['at [fe80::1]:8000', 'at', 'address'],
    ['at 2001:db8:0:0:0:0:0:1', 'at', 'address'],
    ['on node17.cluster.example.com, rack 4', 'on, rack 4', 'host_name'],
    ['on gpu-3.internal:8000', 'on', 'host_name'],
    ['on localhost:8000', 'on', 'host_name'],
    ['vllm serve qwen --port 8000 --api-key=secret', 'vllm serve qwen', 'argv'],
  ])('%s', (text, rest, kind) => {
    expect(stripText(text)).toEqual({ text: rest, kinds: [kind] });
  });

  test.each([
    'meta-llama/Llama-3.1-8B-Instruct',
    'Qwen2.5-VL-7B',
    'vllm 0.11.2.dev1+g1234',
    '0.9.1',
    'FLOP/s and byte/s',
    'TTFT / TPOT',
    'a + b·(I/P) + c·(2·P)/peak',
    'driver 550.54.15, ROCm 6.4.1',
    'fp4 13500, 14000 or 15000; TDP 1100 or 1400 W',
    'sha256:0123456789abcdef',
    '2026-01-15T12:00:00.000Z',
    'TP 1 -- and TP 2',
  ])('none in: %s', (text) => {
    expect(stripText(text)).toEqual({ text, kinds: [] });
  });
});

describe('whatever stands around it', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{3,10}$/);
  const secret = fc
    .tuple(fc.constantFrom('url', 'user', 'path', 'host', 'windows'), word, word, word)
    .map(([kind, a, b, c]) => {
      switch (kind) {
        case 'url':
          return { text: `https://${a}.${b}:8443/${c}`, parts: [a, b, c] };
        case 'user':
          return { text: `${a}@${b}`, parts: [a, b] };
        case 'path':
          return { text: `/${a}/${b}/kept`, parts: [a, b] };
        case 'windows':
          return { text: `D:\\${a}\\${b}\\kept`, parts: [a, b] };
        default:
          return { text: `${a}.${b}.internal`, parts: [a, b] };
      }
    });
  const before = fc.constantFrom('', ' ', 'at ', '(', ', ', ': ', '"', '=', '7. ');
  const after = fc.constantFrom('', ' ', ')', ', ', ': ', '"', '.', '. Then', ' is');

  test('no part of it is left', () => {
    fc.assert(
      fc.property(before, secret, after, (start, { text, parts }, end) => {
        const rest = stripText(`${start}${text}${end}`).text;
        for (const part of parts) expect(rest).not.toContain(part);
      }),
      { seed: 1 },
    );
  });
});

const fit = madeFit();
const secrets = ['alice', 'node17', '10.1.2.3', '/data', 'corp.example', 'sk-123'];
const leaky = withContent(fit, {
  id: fit.id.replace(fit.model_card.id, '/data/my models/llama-3.1-8b'),
  model_card: { ...fit.model_card, id: '/data/my models/llama-3.1-8b' },
  targets: fit.targets.map((target) => ({ ...target, name: target.name.replace('sim', 'node17') })),
  residuals: fit.residuals.map((one) => ({ ...one, target: one.target.replace('sim', 'node17') })),
  outliers: [],
  validation: { ...fit.validation, hold_out: null },
  runs: [{ ...fit.runs[0]!, id: 'alice-node17' }],
  left_out: [
    {
      run: 'alice-node17',
      target: 'node17-tp1',
      input_tokens: 1,
      output_tokens: 1,
      concurrency: 1,
      reasons: ['drift'],
    },
  ],
  provenance: {
    notes: ['by alice@login.corp.example on http://10.1.2.3:8000/v1 with --api-key sk-123'],
    host: 'node17',
    argv: ['ssh', 'alice@node17'],
  },
});

describe('a fit that tells of its place', () => {
  const { content, removed } = stripFit(JSON.parse(textOf(leaky)));
  const text = canonicalJson(content);

  test('says none of it any more', () => {
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  test('everything that was taken out is listed with its place', () => {
    expect(removed.map(({ path, kind, now }) => [path, kind, now])).toEqual([
      ['targets', 'name_of_target', 'h100-sxm-tp1'],
      ['targets', 'name_of_target', 'h100-sxm-tp2'],
      ['runs', 'name_of_run', 'run-1'],
      ['model_card.id', 'local_path', 'llama-3.1-8b'],
      ['provenance.argv', 'private_key', null],
      ['provenance.host', 'private_key', null],
      ['provenance.notes[0]', 'url', 'by on with'],
      ['provenance.notes[0]', 'user', 'by on with'],
      ['provenance.notes[0]', 'argv', 'by on with'],
    ]);
  });

  test('names stay equal wherever they stand, and nothing else changes', () => {
    const stripped = content as unknown as typeof fit;
    expect(stripped.left_out[0]).toMatchObject({ run: 'run-1', target: 'h100-sxm-tp1' });
    expect(new Set(stripped.residuals.map(({ target }) => target))).toEqual(
      new Set(stripped.targets.map(({ name }) => name)),
    );
    expect(stripped.id).toBe(fit.id);
    expect(stripped.parameters).toEqual(fit.parameters);
    expect(() => parseFit(textOf(withContent(stripped, {})), 'x')).not.toThrow();
  });

  test('a second time there is nothing left to take out', () => {
    expect(stripFit(content)).toEqual({ content, removed: [] });
  });
});

test('what ridge run named, the publisher said, and the catalogue says stays', () => {
  const accelerators = allAccelerators();
  for (const accelerator of accelerators) {
    const { removed } = stripFit({
      accelerator,
      runs: [
        { id: '2026-01-15T090000-demo', suite: 'demo' },
        { id: '2026-01-15T090000-demo-2', suite: 'demo' },
      ],
      published: { attribution: 'https://example.com/data by alice@example.com, CC BY 4.0' },
      provenance: { notes: [accelerator.notes] },
    });
    expect(removed).toEqual([]);
  }
  expect(accelerators.length).toBeGreaterThan(10);
});

test('two targets of one size keep names of their own', () => {
  const target = { tensor_parallel: 2 };
  const { content } = stripFit({
    accelerator: { id: 'h100' },
    targets: [
      { ...target, name: 'a' },
      { ...target, name: 'b' },
    ],
    residuals: [{ target: 'b' }],
  });
  expect(content).toMatchObject({ targets: [{ name: 'h100-tp2' }, { name: 'h100-tp2-2' }] });
  expect(content.residuals).toEqual([{ target: 'h100-tp2-2' }]);
});
