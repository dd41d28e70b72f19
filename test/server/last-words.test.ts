import { expect, test } from 'vitest';
import { LastWords } from '../../src/server/last-words.ts';

function of(...lines: readonly string[]): string | null {
  const words = new LastWords();
  for (const line of lines) words.read(line);
  return words.line;
}

test('of what a server said last, the line that names an error counts', () => {
  expect(of('ValueError: no GPU', 'INFO 11-26 21:46:40 [core.py:133] bye')).toBe('ValueError: no GPU');
  expect(of('RuntimeError: out of memory', 'Error: see root cause above')).toBe(
    'RuntimeError: out of memory',
  );
});

test('else the one that refuses something, before advice; else the last', () => {
  expect(of("ridge: Unknown option '--fast'", '  See ridge simulate --help.')).toBe(
    "ridge: Unknown option '--fast'",
  );
  expect(of('loading', 'ready')).toBe('ready');
  expect(of()).toBeNull();
});
