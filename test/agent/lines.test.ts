import { expect, test } from 'vitest';
import { LineSplitter, parseJson } from '../../src/agent/lines.ts';
import fc from '../property.ts';

function linesOf(pieces: readonly Uint8Array[], limit = 100): { lines: string[]; dropped: number } {
  const lines: string[] = [];
  let dropped = 0;
  const splitter = new LineSplitter(
    limit,
    (line) => lines.push(line),
    () => {
      dropped += 1;
    },
  );
  for (const piece of pieces) splitter.push(piece);
  return { lines, dropped };
}

test('lines are the same wherever the bytes are cut, within characters, too', () => {
  const text = 'one\nzwölf € 😀\n\n{"a":1}\nunfinished';
  const bytes = new TextEncoder().encode(text);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      expect(linesOf(pieces).lines).toEqual(['one', 'zwölf € 😀', '{"a":1}']);
    }),
  );
});

test('a line beyond the limit is dropped once, and the next one is whole', () => {
  const long = new TextEncoder().encode(`${'x'.repeat(250)}\nnext\n`);
  expect(linesOf([long.subarray(0, 120), long.subarray(120)])).toEqual({ lines: ['next'], dropped: 1 });
});

test('what is not JSON is undefined', () => {
  expect(parseJson('{"a":1}')).toEqual({ a: 1 });
  expect(parseJson('{"a"')).toBeUndefined();
});
