import { expect, test } from 'vitest';
import { axisOf } from '../../src/report/svg-axis.ts';
import { placeLabels } from '../../src/report/svg-labels.ts';

const FRAME = { left: 0, right: 400, top: 0, bottom: 300 };
const textOf = (part: string) => {
  const [, x, y, anchor] = /<text x="([-\d.]+)" y="([-\d.]+)" text-anchor="(\w+)"/.exec(part)!;
  return { x: Number(x), y: Number(y), anchor };
};

test('labels of points that lie close take different places, and none leaves the frame', () => {
  const labels = [0, 3, 6, 9].map((dy, index) => ({ text: `device ${index}`, x: 200, y: 150 + dy }));
  const placed = placeLabels(labels, FRAME).map(textOf);
  expect(placed).toHaveLength(4);
  const beside = placed.map(({ anchor, y }) => `${anchor} ${Math.round(y / 12)}`);
  expect(new Set(beside).size).toBe(4);
  const [edge] = placeLabels([{ text: 'at the right edge', x: 390, y: 150 }], FRAME).map(textOf);
  expect(edge!.anchor).toBe('end');
  expect(placeLabels([{ text: '', x: 1, y: 1 }], FRAME)).toEqual([]);
});

test('a logarithmic axis: equal ratios are equally far, ticks are 1, 2 and 5 times powers of ten', () => {
  const { place, ticks } = axisOf([512, 4096, 32_768], [0, 100], 'log');
  expect(place(4096) - place(512)).toBeCloseTo(place(32_768) - place(4096), 9);
  expect(ticks).toEqual([500, 1000, 2000, 5000, 10_000, 20_000]);
  expect(axisOf([0.01, 1e6], [0, 100], 'log').ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000, 1e4, 1e5, 1e6]);
  expect(axisOf([], [0, 100], 'log').ticks.every(Number.isFinite)).toBe(true);
});

test('a linear axis starts at 0 and leaves room above the largest value', () => {
  const { place, ticks } = axisOf([10, 50], [0, 106], 'linear');
  expect(place(0)).toBe(0);
  expect(place(50)).toBeCloseTo(100, 9);
  expect(ticks[0]).toBe(0);
});
