import { expect, test } from 'vitest';
import { wrapItem, wrapLines } from '../../src/report/wrap.ts';

test('long lines are folded at words under their own indentation, short ones stay', () => {
  expect(wrapLines('title\n  one two three four\n\n  five', 12)).toBe(
    'title\n  one two\n  three four\n\n  five',
  );
});

test('a named thing is folded in a column of its own', () => {
  expect(wrapItem('  name  ', 'some words that do not fit', 20)).toBe(
    '  name  some words\n        that do not\n        fit',
  );
});
