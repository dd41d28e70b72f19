import { describe, expect, test } from 'vitest';
import { readNumber, readPower } from '../../src/power/cell-value.ts';

describe('a cell of a power tool', () => {
  test.each([
    '[N/A]',
    'N/A',
    'NA',
    '',
    '[Not Supported]',
    '[Unknown Error]',
    '[GPU requires reset]',
    '-',
    undefined,
  ])('%j is unknown, not zero', (text) => expect(readNumber(text)).toBeNull());

  test.each([
    ['187.80 W', 187.8],
    ['412', 412],
    [' 35.0', 35],
    ['1965 MHz', 1965],
    ['98 %', 98],
    ['-3', -3],
    ['1e3', 1000],
  ])('%j is a number without its unit', (text, value) => expect(readNumber(text)).toBe(value));

  test.each(["'N/A']", 'ERR!', '12,5', '4 5'])('%j is broken', (text) =>
    expect(readNumber(text)).toBeUndefined(),
  );

  test('power: negative is broken, a sentinel is unknown', () => {
    expect(readPower('-1')).toEqual({ power_w: null, bad: true });
    expect(readPower('ERR!')).toEqual({ power_w: null, bad: true });
    expect(readPower('4294967295')).toEqual({ power_w: null, bad: false });
    expect(readPower('[N/A]')).toEqual({ power_w: null, bad: false });
    expect(readPower('0')).toEqual({ power_w: 0, bad: false });
  });
});
