import { ticksOf } from './svg.ts';

/** An axis of a chart: where values lie, and which are marked. */
export interface Axis {
  place(value: number): number;
  readonly ticks: readonly number[];
}

const ROOM = 1.06;

/**
 * A linear axis from 0, or a logarithmic one about the values.
 * @param ends of the axis in the drawing, that of the low values first
 */
export function axisOf(
  values: readonly number[],
  [from, to]: readonly [number, number],
  scale: 'linear' | 'log',
): Axis {
  if (scale === 'linear') {
    const most = ROOM * Math.max(...values, Number.MIN_VALUE);
    return { place: (value) => from + ((to - from) * value) / most, ticks: ticksOf(0, most) };
  }
  const positive = values.filter((value) => value > 0);
  const [least, most] = positive.length === 0 ? [1, 1] : [Math.min(...positive), Math.max(...positive)];
  const [low, high] = [least / 1.3, most * 1.3];
  const span = Math.log(high / low);
  return {
    place: (value) => from + ((to - from) * Math.log(Math.max(value, low) / low)) / span,
    ticks: logTicks(low, high),
  };
}

/** 1, 2 and 5 times powers of ten; powers alone over many decades. */
function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const decades = Math.ceil(Math.log10(high)) - first + 1;
  const factors = decades > 4 ? [1] : [1, 2, 5];
  return Array.from({ length: decades }, (_, decade) => 10 ** (first + decade))
    .flatMap((power) => factors.map((factor) => Number((factor * power).toPrecision(12))))
    .filter((tick) => tick >= low && tick <= high);
}
