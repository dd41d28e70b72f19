import { expect, test } from 'vitest';
import { loadText, suiteError } from './suite-text.ts';

const block = (text: string): string => `grid:\n  - ${text}\n`;

test('a block says what its cells measure, and one shape may be measured as several kinds', () => {
  const { points } = loadText(
    `grid:
  - { input: [64], output: [32], load: { concurrency: [4] } }
  - { kind: decode, input: [64], output: [32], load: { concurrency: [4] } }
  - { kind: prefill, input: [64], output: [1], load: { concurrency: [1] } }
  - { kind: disaggregated, input: [64], output: [32], load: { concurrency: [4] } }
`,
  );
  expect(points.map(({ kind }) => kind)).toEqual(['load', 'decode', 'prefill', 'disaggregated']);
});

test('cached cells are one for each length that the prefix cache holds', () => {
  const { points } = loadText(
    block(
      '{ kind: cached, input: [4096], cached_input: [1024, 4080], output: [8], load: { concurrency: [1, 4] } }',
    ),
  );
  expect(points.map((one) => one.cached_input_tokens)).toEqual([1024, 1024, 4080, 4080]);
});

test.each([
  ['kind: cached, input: [64], output: [8], load: { concurrency: [1] }', /need cached_input/],
  ['kind: speculative, input: [64], output: [8], load: { kv_fill: [0.5] }', /number of streams/],
  [
    'kind: cached, input: [64], cached_input: [64], output: [8], load: { concurrency: [1] }',
    /multiples of 16 below the shortest input \(64\)/,
  ],
  [
    'kind: cached, input: [64], cached_input: [20], output: [8], load: { concurrency: [1] }',
    /multiples of 16/,
  ],
  ['input: [64], cached_input: [16], output: [8], load: { concurrency: [1] }', /load cells have no cached/],
  [
    'kind: prefill, input: [64], output: [2], load: { concurrency: [1] }',
    /one output token[\s\S]*output: \[1\]/,
  ],
  ['kind: prefill, input: [64], output: [1], load: { kv_fill: [0.5] }', /number of streams/],
  ['kind: decode, input: [64], output: [8], load: { concurrency: [1] }', /16 output tokens or more/],
  ['kind: disaggregated, input: [64], output: [1], load: { concurrency: [1] }', /2 output tokens or more/],
  ['kind: sprint, input: [64], output: [1], load: { concurrency: [1] }', /kind/],
])('what a kind cannot measure is named with its place: %s', (text, message) => {
  const error = suiteError(block(`{ ${text} }`));
  expect(error).toMatch(message);
  expect(error).toContain('s.yaml:4:');
});
