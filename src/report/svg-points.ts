import { formatNumber } from './format.ts';
import { type Chart, COLOURS, element, FAINT, lineFrom, textAt } from './svg.ts';
import { axisOf } from './svg-axis.ts';
import { placeLabels } from './svg-labels.ts';

export interface Point {
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

/** Points of one colour; `joined` draws a line through them in the order given, `broad` a band that others lie on. */
export interface PointSeries {
  readonly name: string;
  readonly points: readonly Point[];
  readonly joined: boolean;
  readonly hollow?: boolean | undefined;
  readonly broad?: boolean | undefined;
}

export interface PointChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly PointSeries[];
  /** Default: linear axes from 0. */
  readonly scale?: 'linear' | 'log' | undefined;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [860, 460, 70, 150, 70, 50];
const LEGEND_COLUMNS = 3;

/** Points with labels that do not lie on one another. */
export function pointChart({ title, series, scale = 'linear', ...axes }: PointChart): Chart {
  const all = series.flatMap(({ points }) => points);
  const axisX = axisOf(
    all.map((one) => one.x),
    [LEFT, WIDTH - RIGHT],
    scale,
  );
  const axisY = axisOf(
    all.map((one) => one.y),
    [HEIGHT - BOTTOM, TOP],
    scale,
  );
  const [x, y] = [axisX.place, axisY.place];
  const bottom = HEIGHT - BOTTOM;
  const grid = [
    ...axisX.ticks.flatMap((tick) => [
      lineFrom(x(tick), TOP, x(tick), bottom, FAINT),
      textAt(x(tick), bottom + 16, formatNumber(tick), { anchor: 'middle' }),
    ]),
    ...axisY.ticks.flatMap((tick) => [
      lineFrom(LEFT, y(tick), WIDTH - RIGHT, y(tick), FAINT),
      textAt(LEFT - 8, y(tick) + 4, formatNumber(tick), { anchor: 'end' }),
    ]),
  ];
  const drawn = series.flatMap(({ points, joined, hollow, broad }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const path = points.map((one) => `${x(one.x).toFixed(1)},${y(one.y).toFixed(1)}`).join(' ');
    const stroke = broad ? { 'stroke-width': 9, 'stroke-opacity': 0.25 } : { 'stroke-width': 1.5 };
    const line =
      joined && points.length > 1
        ? [element('polyline', { points: path, fill: 'none', stroke: colour, ...stroke })]
        : [];
    const alone = points.map((one) =>
      element('circle', { cx: x(one.x), cy: y(one.y), r: 9, fill: colour, 'fill-opacity': 0.25 }),
    );
    const dots = broad
      ? points.length === 1
        ? alone
        : []
      : points.map((one) =>
          element('circle', {
            cx: x(one.x),
            cy: y(one.y),
            r: 4,
            fill: hollow ? '#fff' : colour,
            stroke: colour,
          }),
        );
    return [...line, ...dots];
  });
  const labels = placeLabels(
    all.map(({ label, ...at }) => ({ text: label, x: x(at.x), y: y(at.y) })),
    { left: LEFT, right: WIDTH, top: TOP, bottom },
  );
  const legend = series.flatMap(({ name }, index) => {
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
      textAt(12, 20, title, { size: 14, weight: 'bold' }),
      ...legend,
      ...grid,
      ...drawn,
      ...labels,
      textAt((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, axes.x, { anchor: 'middle' }),
      textAt(16, (TOP + HEIGHT - BOTTOM) / 2, axes.y, { anchor: 'middle', rotate: -90 }),
    ],
  };
}
