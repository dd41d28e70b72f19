import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('one line, written over, cleared at the end', () => {
  const stream = terminal();
  const line = new ProgressLine(stream);
  line.show('fit', 0, 1);
  line.show('hold-out shape 1024/1024', 2, 10);
  line.clear();
  expect(stream.written).toEqual([
    `${CLEAR}fit, 0:00`,
    `${CLEAR}hold-out shape 1024/1024 (3 of 10), 0:00`,
    CLEAR,
  ]);
});

test('its clock runs on in a long step, and stops at the end', () => {
  const stream = terminal();
  const line = new ProgressLine(stream);
  line.show('fit', 0, 1);
  vi.advanceTimersByTime(2000);
  expect(stream.written.slice(1)).toEqual([`${CLEAR}fit, 0:01`, `${CLEAR}fit, 0:02`]);
  line.clear();
  vi.advanceTimersByTime(5000);
  expect(stream.written.at(-1)).toBe(CLEAR);
});

test('it never wraps', () => {
  const stream = terminal(20);
  const line = new ProgressLine(stream);
  line.show('hold-out shape 1024/1024', 2, 10);
  expect(stream.written[0]!.slice(CLEAR.length)).toHaveLength(19);
  line.clear();
  const unsized = terminal(0);
  const other = new ProgressLine(unsized);
  other.show('fit', 0, 1);
  expect(unsized.written).toEqual([`${CLEAR}fit, 0:00`]);
  other.clear();
});

test('a file or a pipe gets nothing', () => {
  const stream = { ...terminal(), isTTY: false };
  const line = new ProgressLine(stream);
  line.show('fit', 0, 1);
  vi.advanceTimersByTime(2000);
  line.clear();
  expect(stream.written).toEqual([]);
});
