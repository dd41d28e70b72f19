import { formatNumber } from './format.ts';
import { type Chart, COLOURS, element, FAINT, INK, lineFrom, textAt, textWidth, ticksOf } from './svg.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Drawn as a whisker. */
  readonly interval: readonly [number, number] | null;
  /** Index of its colour, and of its entry in the legend. */
  readonly group: number;
}

export interface BarChart {
  readonly title: string;
  readonly axis: string;
  readonly groups: readonly string[];
  readonly bars: readonly Bar[];
  /** A value that a line marks, such as 1 of a ratio. */
  readonly mark: number | null;
}

const [WIDTH, RIGHT, ROW, TOP] = [860, 60, 22, 64];
/** Room for names, as much as the longest one takes. */
const [NARROWEST_NAMES, WIDEST_NAMES] = [120, 420];

/** Horizontal bars with whiskers, in the order given. */
export function barChart({ title, axis, groups, bars, mark }: BarChart): Chart {
  const names = Math.max(NARROWEST_NAMES, ...bars.map(({ label }) => 16 + textWidth(label)));
  const left = Math.min(WIDEST_NAMES, names);
  const ends = bars.flatMap(({ value, interval }) => [value, interval?.[1] ?? 0]).filter(Number.isFinite);
  // A whisker of a device that is hardly known would flatten every bar; it is cut at the edge.
  const longest = Math.max(mark ?? 0, ...bars.map(({ value }) => value));
  const most = Math.min(Math.max(...ends, longest), 2.5 * longest) || 1;
  const x = (value: number): number => left + ((WIDTH - left - RIGHT) * Math.min(value, most)) / most;
  const bottom = TOP + bars.length * ROW;
  const grid = ticksOf(0, most).flatMap((tick) => [
    lineFrom(x(tick), TOP - 6, x(tick), bottom, FAINT),
    textAt(x(tick), bottom + 14, formatNumber(tick), { anchor: 'middle' }),
  ]);
  const rows = bars.flatMap(({ label, value, interval, group }, index) => {
    const y = TOP + index * ROW;
    const middle = y + ROW / 2;
    const whisker = interval
      ? [
          lineFrom(x(interval[0]), middle, x(interval[1]), middle),
          lineFrom(x(interval[0]), middle - 4, x(interval[0]), middle + 4),
          ...(interval[1] <= most ? [lineFrom(x(interval[1]), middle - 4, x(interval[1]), middle + 4)] : []),
        ]
      : [];
    return [
      textAt(left - 8, middle + 4, label, { anchor: 'end' }),
      element('rect', {
        x: left,
        y: y + 4,
        width: x(value) - left,
        height: ROW - 8,
        fill: COLOURS[group % COLOURS.length]!,
        'fill-opacity': 0.75,
      }),
      ...whisker,
      textAt(WIDTH - RIGHT + 8, middle + 4, formatNumber(value)),
    ];
  });
  const legendAt = groups.map((_, index) =>
    groups.slice(0, index).reduce((x, name) => x + 35 + textWidth(name), left),
  );
  const legend = groups.flatMap((name, index) => [
    element('rect', {
      x: legendAt[index]!,
      y: 32,
      width: 10,
      height: 10,
      fill: COLOURS[index % COLOURS.length]!,
      'fill-opacity': 0.75,
    }),
    textAt(legendAt[index]! + 15, 41, name),
  ]);
  return {
    width: WIDTH,
    height: bottom + 44,
    parts: [
      textAt(12, 20, title, { size: 14, weight: 'bold' }),
      ...legend,
      ...grid,
      ...rows,
      ...(mark === null ? [] : [lineFrom(x(mark), TOP - 6, x(mark), bottom, INK)]),
      textAt((left + WIDTH - RIGHT) / 2, bottom + 32, axis, { anchor: 'middle' }),
    ],
  };
}
