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

test.each([
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
