import { expect, test } from 'vitest';
import { plainStyle } from '../../src/report/style.ts';
import { stackSvg } from '../../src/report/svg.ts';
import { tornadoChart } from '../../src/report/svg-tornado.ts';
import { tornadoText } from '../../src/report/tornado-text.ts';

const rows = [
  { label: 'price of a <device> x0.5, x2', low: 4, high: 1 },
  { label: 'speed x0.8, x1.25', low: 1.5, high: 2.5 },
  { label: 'nothing', low: 2, high: 2 },
];

test('bars reach from the centre to either end, each end in its colour', () => {
  const chart = tornadoChart({ title: 't', axis: 'gain', centre: 2, ends: ['lower', 'higher'], rows });
  const widths = chart.parts
    .filter((part) => part.startsWith('<rect') && part.includes('height="14"'))
    .map((part) => Number(/ width="([\d.]+)"/.exec(part)![1]));
  expect(widths).toHaveLength(6);
  const [dearLow, dearHigh, slow, fast, ...still] = widths;
  expect(dearLow! / dearHigh!).toBeCloseTo(2, 2);
  expect(slow).toBeCloseTo(fast!, 2);
  expect(still).toEqual([0, 0]);
  const svg = stackSvg('one', [chart]);
  expect(svg).toContain('price of a &#60;device&#62;');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('in text the same: < towards the low end of an input, > towards its high one', () => {
  const lines = tornadoText(rows, 2, plainStyle).split('\n');
  expect(lines).toHaveLength(5);
  // A lower price gains: its low end lies to the right.
  expect(lines[2]).toMatch(/4\.00 {2}>+\|<+ {2,}1\.00$/);
  expect(lines[3]).toMatch(/1\.50 +<+\|>+ +2\.50$/);
  expect(lines[4]).toMatch(/2\.00 +\| +2\.00$/);
  const columns = lines.slice(2).map((line) => line.indexOf('|'));
  expect(new Set(columns).size).toBe(1);
});

test('long names are cut, not the bars: a line keeps to 80 columns', () => {
  const long = rows.map((row) => ({
    ...row,
    label: `${row.label} of ${'a very long device name '.repeat(3)}`,
  }));
  for (const line of tornadoText(long, 2, plainStyle).split('\n'))
    expect(line.length).toBeLessThanOrEqual(80);
});
