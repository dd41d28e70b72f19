import { expect, test } from 'vitest';
import { wrapLines } from '../../src/report/wrap.ts';

test('long lines are folded at words under their own indentation, short ones stay', () => {
  expect(wrapLines('title\n  one two three four\n\n  five', 12)).toBe(
    'title\n  one two\n  three four\n\n  five',
  );
});
