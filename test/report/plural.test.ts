import { expect, test } from 'vitest';
import { plural } from '../../src/report/plural.ts';

test('one is singular, everything else is not', () => {
  expect([0, 1, 2].map((count) => plural(count, 'cell'))).toEqual(['0 cells', '1 cell', '2 cells']);
});
