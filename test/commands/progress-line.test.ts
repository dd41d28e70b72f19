import { expect, test } from 'vitest';
import { ProgressLine, type ProgressStream } from '../../src/commands/progress-line.ts';

function terminal(columns?: number): ProgressStream & { readonly written: string[] } {
  const written: string[] = [];
  return {
    isTTY: true,
    ...(columns !== undefined && { columns }),
    written,
    write: (text) => written.push(text),
  };
}
const CLEAR = '\r\u001B[2K';

test('one line, written over, cleared at the end', () => {
  const stream = terminal();
  const line = new ProgressLine(stream);
  line.show('fit', 0, 1);
  line.show('hold-out shape 1024/1024', 2, 10);
  line.clear();
  expect(stream.written).toEqual([`${CLEAR}fit`, `${CLEAR}hold-out shape 1024/1024 (3 of 10)`, CLEAR]);
});

test('it never wraps', () => {
  const stream = terminal(20);
  new ProgressLine(stream).show('hold-out shape 1024/1024', 2, 10);
  expect(stream.written[0]!.slice(CLEAR.length)).toHaveLength(19);
  const unsized = terminal(0);
  new ProgressLine(unsized).show('fit', 0, 1);
  expect(unsized.written).toEqual([`${CLEAR}fit`]);
});

test('a file or a pipe gets nothing', () => {
  const stream = { ...terminal(), isTTY: false };
  const line = new ProgressLine(stream);
  line.show('fit', 0, 1);
  line.clear();
  expect(stream.written).toEqual([]);
});
