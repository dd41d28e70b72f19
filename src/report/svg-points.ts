import { formatNumber } from './format.ts';
import { type Chart, COLOURS, element, FAINT, lineFrom, textAt, ticksOf } from './svg.ts';

export interface Point {
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

/** Points of one colour; `joined` draws a line through them in the order given. */
export interface PointSeries {
  readonly name: string;
  readonly points: readonly Point[];
  readonly joined: boolean;
  readonly hollow?: boolean | undefined;
}

export interface PointChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly PointSeries[];
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [860, 460, 70, 150, 70, 50];
const LEGEND_COLUMNS = 3;

/** Points, labelled, on linear axes from 0. */
export function pointChart(chart: PointChart): Chart {
  const all = chart.series.flatMap(({ points }) => points);
  const [mostX, mostY] = [
    1.05 * Math.max(...all.map((one) => one.x), Number.MIN_VALUE),
    1.08 * Math.max(...all.map((one) => one.y), Number.MIN_VALUE),
  ];
  const x = (value: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * value) / mostX;
  const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / mostY;
  const grid = [
    ...ticksOf(0, mostX).flatMap((tick) => [
      lineFrom(x(tick), TOP, x(tick), y(0), FAINT),
      textAt(x(tick), y(0) + 16, formatNumber(tick), { anchor: 'middle' }),
    ]),
    ...ticksOf(0, mostY).flatMap((tick) => [
      lineFrom(LEFT, y(tick), WIDTH - RIGHT, y(tick), FAINT),
      textAt(LEFT - 8, y(tick) + 4, formatNumber(tick), { anchor: 'end' }),
    ]),
  ];
  const drawn = chart.series.flatMap(({ points, joined, hollow }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const path = points.map((one) => `${x(one.x).toFixed(1)},${y(one.y).toFixed(1)}`).join(' ');
    const line =
      joined && points.length > 1
        ? [element('polyline', { points: path, fill: 'none', stroke: colour, 'stroke-width': 1.5 })]
        : [];
    const dots = points.flatMap((one) => [
      element('circle', {
        cx: x(one.x),
        cy: y(one.y),
        r: 4,
        fill: hollow ? '#fff' : colour,
        stroke: colour,
      }),
      ...(one.label === '' ? [] : [textAt(x(one.x) + 7, y(one.y) + 4, one.label, { size: 10 })]),
    ]);
    return [...line, ...dots];
  });
  const legend = chart.series.flatMap(({ name }, index) => {
    const [column, row] = [index % LEGEND_COLUMNS, Math.floor(index / LEGEND_COLUMNS)];
    const [left, top] = [LEFT + 5 + 250 * column, 38 + 15 * row];
    return [
      element('circle', { cx: left, cy: top, r: 4, fill: COLOURS[index % COLOURS.length]! }),
      textAt(left + 10, top + 4, name),
    ];
  });
  return {
    width: WIDTH,
    height: HEIGHT,
    parts: [
      textAt(12, 20, chart.title, { size: 14, weight: 'bold' }),
      ...legend,
      ...grid,
      ...drawn,
      textAt((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, chart.x, { anchor: 'middle' }),
      textAt(16, (TOP + HEIGHT - BOTTOM) / 2, chart.y, { anchor: 'middle', rotate: -90 }),
    ],
  };
}
