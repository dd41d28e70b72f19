import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { styleFor, wantsColour } from '../../src/report/style.ts';
import { type Column, renderTable } from '../../src/report/text-table.ts';

const columns: Column[] = [
  { title: 'parameter' },
  { title: 'value', unit: 'TFLOP/s', align: 'right' },
  { title: 'note' },
];

test('text stands left, numbers right, units under the titles, null as a dash', () => {
  const table = renderTable({
    columns,
    rows: [
      ['gemm', 312.4, 'identified'],
      ['attention', null, ''],
    ],
  });
  expect(table).toBe(
    [
      'parameter    value  note',
      '           TFLOP/s',
      'gemm           312  identified',
      'attention        -',
    ].join('\n'),
  );
});

test('no line of units where no column has one', () => {
  expect(renderTable({ columns: [{ title: 'a' }], rows: [['b']] })).toBe('a\nb');
});

describe('a last column that folds', () => {
  const long = 'SIMULATED: made from simulated endpoints, no real device, and allowed to be, for once';
  const table = (width?: number): string =>
    renderTable({
      columns: [{ title: 'gate' }, { title: 'figure', align: 'right' }, { title: 'seen', folds: true }],
      rows: [
        ['device', '1', long],
        ['cells', '45', 'enough'],
      ],
      ...(width !== undefined && { width }),
    });

  test.each([
    [undefined, 80],
    [50, 50],
    [200, 80],
  ])('at words, width %s: %i columns', (width, most) => {
    const lines = table(width).split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(most);
    expect(lines.at(-1)).toBe('cells       45  enough');
    const [, ...rest] = lines.slice(0, -1);
    expect(rest.map((line) => line.slice(16)).join(' ')).toBe(long);
    expect(rest.slice(1).every((line) => line.startsWith(' '.repeat(16)))).toBe(true);
  });
});

describe('a narrow terminal', () => {
  const rows = [['gemm', 123456, 'a note that is far too long for the width of this terminal']];

  test('cuts text with an ellipsis and keeps every line within the width', () => {
    const table = renderTable({ columns, rows, width: 40 });
    expect(Math.max(...table.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(40);
    expect(table).toContain('…');
  });

  test('cuts in the middle, and never so far that two names look alike', () => {
    const names = ['h100-sxm-tp4-llama-3.1-70b-fp8-burst', 'h100-sxm-tp8-llama-3.1-70b-fp8-burst'];
    const table = renderTable({
      columns: [{ title: 'target' }, { title: 'v', align: 'right' }],
      rows: names.map((name) => [name, 1]),
      width: 16,
    });
    const [, first, second] = table.split('\n');
    expect(first).toMatch(/^h100-.*….*burst/);
    expect(first).not.toBe(second);
  });

  test('never cuts a number', () => {
    expect(renderTable({ columns, rows, width: 10 })).toContain('123456');
  });
});

test('styled and wide characters are measured by their width on the screen', () => {
  const style = styleFor({ isTTY: true });
  const table = renderTable({
    columns: [{ title: 'v' }, { title: 'x' }],
    rows: [
      [style.red('测试'), 'y'],
      ['abcd', 'z'],
    ],
  });
  const [, first, second] = table.split('\n');
  expect(stringWidth(first!)).toBe(stringWidth(second!));
});

test('colour only on a terminal, none with NO_COLOR', () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
  expect(wantsColour({}, {})).toBe(false);
});
