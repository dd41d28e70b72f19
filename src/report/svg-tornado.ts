import { formatNumber } from './format.ts';
import { type Chart, COLOURS, element, FAINT, INK, lineFrom, textAt, textWidth, ticksOf } from './svg.ts';

/** One input: what the result is at its low and at its high end. */
export interface TornadoRow {
  readonly label: string;
  readonly low: number;
  readonly high: number;
}

export interface TornadoChart {
  readonly title: string;
  readonly axis: string;
  /** The result with every input as it is. */
  readonly centre: number;
  /** What the ends are called: `input lower`, `input higher`. */
  readonly ends: readonly [low: string, high: string];
  readonly rows: readonly TornadoRow[];
}

const [WIDTH, RIGHT, ROW, TOP, NUMBER] = [860, 60, 22, 64, 44];

/** Bars about a centre, the widest first as they are given: one colour for the low end of an input, one for the high. */
export function tornadoChart({ title, axis, centre, ends, rows }: TornadoChart): Chart {
  const left = NUMBER + 16 + Math.max(...rows.map(({ label }) => textWidth(label)), 60);
  const values = [centre, ...rows.flatMap(({ low, high }) => [low, high])].filter(Number.isFinite);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const x = (value: number): number =>
    left + ((WIDTH - left - RIGHT) * (value - least)) / (most - least || 1);
  const bottom = TOP + rows.length * ROW;
  const bar = (y: number, end: number, colour: string): string =>
    element('rect', {
      x: Math.min(x(end), x(centre)),
      y: y + 4,
      width: Math.abs(x(end) - x(centre)),
      height: ROW - 8,
      fill: colour,
      'fill-opacity': 0.75,
    });
  const number = (value: number, y: number): string =>
    textAt(x(value) + (value < centre ? -5 : 5), y + ROW / 2 + 4, formatNumber(value), {
      anchor: value < centre ? 'end' : 'start',
      size: 10,
    });
  return {
    width: WIDTH,
    height: bottom + 44,
    parts: [
      textAt(12, 20, title, { size: 14, weight: 'bold' }),
      ...ends.flatMap((name, index) => [
        element('rect', {
          x: left + 200 * index,
          y: 32,
          width: 10,
          height: 10,
          fill: COLOURS[index]!,
          'fill-opacity': 0.75,
        }),
        textAt(left + 200 * index + 15, 41, name),
      ]),
      ...ticksOf(least, most).flatMap((tick) => [
        lineFrom(x(tick), TOP - 6, x(tick), bottom, FAINT),
        textAt(x(tick), bottom + 14, formatNumber(tick), { anchor: 'middle' }),
      ]),
      ...rows.flatMap(({ label, low, high }, index) => {
        const y = TOP + index * ROW;
        return [
          textAt(left - NUMBER, y + ROW / 2 + 4, label, { anchor: 'end' }),
          bar(y, low, COLOURS[0]),
          bar(y, high, COLOURS[1]),
          number(low, y),
          number(high, y),
        ];
      }),
      lineFrom(x(centre), TOP - 6, x(centre), bottom, INK),
      textAt((left + WIDTH - RIGHT) / 2, bottom + 32, axis, { anchor: 'middle' }),
    ],
  };
}
