import { expect, test } from 'vitest';
import { counted } from '../src/plural.ts';

test('one is singular, none and more are plural', () => {
  expect([0, 1, 2].map((count) => counted(count, 'stream'))).toEqual(['0 streams', '1 stream', '2 streams']);
});
