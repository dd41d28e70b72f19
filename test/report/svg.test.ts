import { expect, test } from 'vitest';
import { escapeXml, stackSvg, ticksOf } from '../../src/report/svg.ts';
import { barChart } from '../../src/report/svg-bars.ts';
import { pointChart } from '../../src/report/svg-points.ts';
import fc from '../property.ts';

const bars = barChart({
  title: 'Benefit <over> "baseline"',
  axis: 'x',
  groups: ['a', 'b'],
  mark: 1,
  bars: [
    { label: 'one', value: 2, interval: [1.5, 2.5], group: 0 },
    { label: 'two', value: 1, interval: [0.5, Number.POSITIVE_INFINITY], group: 1 },
    { label: 'three', value: 0.5, interval: null, group: 1 },
  ],
});
const points = pointChart({
  title: 'points',
  x: 'x',
  y: 'y',
  series: [
    {
      name: 'line',
      joined: true,
      points: [
        { label: 'p', x: 1, y: 2 },
        { label: '', x: 2, y: 1 },
      ],
    },
    { name: 'dots', joined: false, hollow: true, points: [{ label: 'q', x: 1.5, y: 1.5 }] },
  ],
});

/** Every tag that opens closes, in order. */
function balanced(xml: string): boolean {
  const open: string[] = [];
  for (const [, closing, name, self] of xml.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self === '/') continue;
    if (closing === '/') {
      if (open.pop() !== name) return false;
    } else open.push(name!);
  }
  return open.length === 0;
}

test('a document of charts is well formed, holds no NaN, and every number is finite', () => {
  const svg = stackSvg('both', [bars, points]);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(balanced(svg)).toBe(true);
  expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
  expect(svg).toContain('Benefit &#60;over&#62; &#34;baseline&#34;');
  expect(balanced('<a><b></a></b>')).toBe(false);
});

test('bars are as long as their values', () => {
  const widths = bars.parts
    .filter((part) => part.startsWith('<rect') && part.includes('height="14"'))
    .map((part) => Number(/ width="([\d.]+)"/.exec(part)![1]));
  expect(widths).toHaveLength(3);
  expect(widths[0]! / widths[1]!).toBeCloseTo(2, 2);
  expect(widths[1]! / widths[2]!).toBeCloseTo(2, 2);
});

test('a chart of nothing is still a chart', () => {
  const empty = pointChart({ title: 'none', x: 'x', y: 'y', series: [] });
  expect(balanced(stackSvg('none', [empty]))).toBe(true);
});

test('text cannot break out of the document', () => {
  fc.assert(fc.property(fc.string(), (text) => !/[<>&"']/.test(escapeXml(text).replace(/&#\d+;/g, ''))));
});

test('ticks are round, ascending and inside', () => {
  expect(ticksOf(0, 10)).toEqual([0, 2, 4, 6, 8, 10]);
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (high) => {
      const ticks = ticksOf(0, high);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...ticks)).toBeLessThanOrEqual(high * (1 + 1e-6));
    }),
  );
});
