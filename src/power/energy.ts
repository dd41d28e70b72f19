import { ENERGY_LIMITS } from './energy-codes.ts';
import type { PowerSample } from './sample.ts';

/** Half-open interval on the samples' clock, s. */
export interface Interval {
  readonly from_s: number;
  readonly to_s: number;
}

/** One device over one window. */
export interface DeviceEnergy {
  readonly device: string;
  /** Readings inside the window, and the longest time between two that it needs. */
  readonly samples: number;
  readonly longest_gap_s: number;
  /** Whether a reading lies before the window and one after it. */
  readonly bracketed: boolean;
  /** A broken cell in the window, or close to it. */
  readonly bad: boolean;
  /** The column that its readings lack; null: none. */
  readonly lacks: string | null;
  /** Integral of power; null where it cannot be taken. */
  readonly integral_j: number | null;
  readonly counter: CounterEnergy;
  readonly mean_clock_mhz: number | null;
  readonly temperature_c: { readonly first: number; readonly last: number } | null;
}

/** What the device's own energy counter says; `unavailable`: it has none, or not at both edges. */
export type CounterEnergy =
  | { readonly state: 'ok'; readonly energy_j: number }
  | { readonly state: 'unavailable' | 'backward' | 'implausible' };

interface Point {
  readonly at_s: number;
  readonly value: number;
}

/**
 * Energy of one device over a window: the integral of its power with both edges interpolated, and the difference of its
 * counter beside it.
 * @param samples of this device, in order of arrival
 * @param counterRange_j where the counter starts again, or null
 * @param reach_s how close to the window a broken cell counts
 */
export function deviceEnergy(
  device: string,
  samples: readonly PowerSample[],
  window: Interval,
  counterRange_j: number | null,
  reach_s = 0,
): DeviceEnergy {
  const powers = averagedTwins(pointsOf(freshOnly(samples), ({ power_w }) => power_w));
  const around = spanning(powers, window);
  const integral_j = around === null ? null : integrate(around, window);
  const inside = samples.filter(({ at_s }) => at_s >= window.from_s && at_s < window.to_s);
  const temperatures = inside.flatMap(({ temperature_c }) => temperature_c ?? []);
  return {
    device,
    samples: powers.filter(({ at_s }) => at_s >= window.from_s && at_s < window.to_s).length,
    longest_gap_s: around === null ? Number.POSITIVE_INFINITY : longestGap(around),
    bracketed: around !== null,
    bad: samples.some(
      ({ bad, at_s }) => bad && at_s >= window.from_s - reach_s && at_s < window.to_s + reach_s,
    ),
    lacks: inside.find(({ lacks }) => lacks !== undefined)?.lacks ?? null,
    integral_j,
    counter: counterEnergy(
      pointsOf(samples, ({ counter_j }) => counter_j),
      window,
      integral_j,
      counterRange_j,
    ),
    mean_clock_mhz: meanOf(inside.flatMap(({ clock_mhz }) => clock_mhz ?? [])),
    temperature_c: temperatures.length === 0 ? null : { first: temperatures[0]!, last: temperatures.at(-1)! },
  };
}

/**
 * Without readings that only repeat the one before: a source that is asked more often than it reads its devices (an exporter
 * collects every 30 s, say) shows it by a counter that stands still. One whose counter never moves has a broken counter.
 */
function freshOnly(samples: readonly PowerSample[]): readonly PowerSample[] {
  let before: number | null = null;
  const fresh = samples.filter(({ counter_j, power_w }) => {
    if (counter_j === null || power_w === null) return true;
    const isRepeated = counter_j === before;
    before = counter_j;
    return !isRepeated;
  });
  return fresh.length > 1 ? fresh : samples;
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

const pointsOf = (samples: readonly PowerSample[], value: (sample: PowerSample) => number | null): Point[] =>
  samples.flatMap((sample) => {
    const found = value(sample);
    return found === null ? [] : [{ at_s: sample.at_s, value: found }];
  });

/** Readings with one and the same stamp count once, with their mean. */
function averagedTwins(points: readonly Point[]): Point[] {
  return [...Map.groupBy(points, ({ at_s }) => at_s)].map(([at_s, twins]) => ({
    at_s,
    value: meanOf(twins.map(({ value }) => value))!,
  }));
}

/** The points inside the window, with the last one before it and the first one after it; null where one of the two is missing. */
function spanning(points: readonly Point[], { from_s, to_s }: Interval): Point[] | null {
  const first = points.findLastIndex(({ at_s }) => at_s <= from_s);
  const last = points.findIndex(({ at_s }) => at_s >= to_s);
  return first < 0 || last < 0 || last <= first ? null : points.slice(first, last + 1);
}

const longestGap = (points: readonly Point[]): number =>
  points.slice(1).reduce((longest, { at_s }, index) => Math.max(longest, at_s - points[index]!.at_s), 0);

/** Trapezoids between the points, the outer two cut at the window's edges. */
function integrate(points: readonly Point[], { from_s, to_s }: Interval): number {
  let energy = 0;
  for (const [index, b] of points.slice(1).entries()) {
    const a = points[index]!;
    const left = Math.max(a.at_s, from_s);
    const right = Math.min(b.at_s, to_s);
    if (right > left) energy += ((right - left) * (between(a, b, left) + between(a, b, right))) / 2;
  }
  return energy;
}

const between = (a: Point, b: Point, at_s: number): number =>
  b.at_s === a.at_s ? b.value : a.value + ((b.value - a.value) * (at_s - a.at_s)) / (b.at_s - a.at_s);

/** A counter within so many times the integral is believed to count energy at all. */
const PLAUSIBLE = { least: 0.1, most: 10 } as const;

function counterEnergy(
  raw: readonly Point[],
  window: Interval,
  integral_j: number | null,
  range_j: number | null,
): CounterEnergy {
  // A counter that is read faster than it counts stands still in between: only the readings that moved say when it did.
  const moved = raw.filter(({ value }, index) => index === 0 || value !== raw[index - 1]!.value);
  const around = spanning(moved, window) ?? (moved.length < 2 ? spanning(raw, window) : null);
  if (around === null || (moved.length >= 2 && longestGap(around) > ENERGY_LIMITS.slow_gap_s)) {
    return { state: 'unavailable' };
  }
  const unwrapped = unwrap(around, range_j);
  if (unwrapped === null) return { state: 'backward' };
  const at = (at_s: number): number => {
    const next = Math.max(
      1,
      unwrapped.findIndex((point) => point.at_s >= at_s),
    );
    return between(unwrapped[next - 1]!, unwrapped[next]!, at_s);
  };
  const energy_j = at(window.to_s) - at(window.from_s);
  const share = integral_j === null || integral_j === 0 ? 1 : energy_j / integral_j;
  if (share < PLAUSIBLE.least || share > PLAUSIBLE.most) return { state: 'implausible' };
  return { state: 'ok', energy_j };
}

/** Adds the counter's range where it started again; null where it ran backwards for no such reason. */
function unwrap(points: readonly Point[], range_j: number | null): Point[] | null {
  let added = 0;
  const unwrapped: Point[] = [];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before && point.value < before.value) {
      // A wrap leaves the counter near zero, from near its range.
      if (range_j === null || before.value - point.value < range_j / 2) return null;
      added += range_j;
    }
    unwrapped.push({ at_s: point.at_s, value: point.value + added });
  }
  return unwrapped;
}
