import { expect, test } from 'vitest';
import { suggest } from '../../src/suggest.ts';

const verbs = ['plan', 'run', 'fit', 'predict', 'simulate'];

test.each([
  ['prodict', 'predict'],
  ['simulat', 'simulate'],
  ['rnu', 'run'],
])('%s: did you mean %s?', (typed, meant) => {
  expect(suggest(typed, verbs)).toBe(`Did you mean '${meant}'?`);
});

test.each(['benchmark', 'zzz', ''])('nothing is suggested for %j', (typed) => {
  expect(suggest(typed, verbs)).toBeUndefined();
});
