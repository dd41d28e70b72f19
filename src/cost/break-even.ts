/** A value at which two costs are equal, or none in the range that was asked. */
export type BreakEven =
  | { readonly state: 'found'; readonly value: number }
  | { readonly state: 'none_in_range'; readonly low: number; readonly high: number };

const found = (value: number, low: number, high: number): BreakEven =>
  Number.isFinite(value) && value >= low && value <= high
    ? { state: 'found', value }
    : { state: 'none_in_range', low, high };

/** A cost that is linear in one quantity: `fixed + slope · x`. */
export interface LinearCost {
  readonly fixed: number;
  readonly slope: number;
}

/** Where two linear costs cross. @param range default: 0 and up */
export function linearBreakEven(
  one: LinearCost,
  other: LinearCost,
  { low = 0, high = Number.POSITIVE_INFINITY } = {},
): BreakEven {
  return found((other.fixed - one.fixed) / (one.slope - other.slope), low, high);
}

/** A device-hour apart: what does not depend on the tariff, and the kW that are billed. */
export interface TariffShare {
  /** Device-seconds a request. */
  readonly g: number;
  /** $/h without electricity. */
  readonly a: number;
  /** kW·PUE. */
  readonly k: number;
}

/** Tariff ($/kWh) at which two ways of serving a request cost the same: e* = −Σ(g·a)Δ/Σ(g·k)Δ. */
export function tariffBreakEven(one: readonly TariffShare[], other: readonly TariffShare[]): BreakEven {
  const cost = (parts: readonly TariffShare[]): LinearCost => ({
    fixed: parts.reduce((sum, { g, a }) => sum + g * a, 0),
    slope: parts.reduce((sum, { g, k }) => sum + g * k, 0),
  });
  return linearBreakEven(cost(one), cost(other));
}

/**
 * Price of a device at which the request costs `target`: (target − rest)/(usd_per_h_per_usd · g), all in $ of an hour of
 * devices.
 * @param rest cost of the request but for that price
 * @param g device-seconds of the device in the request
 */
export const priceBreakEven = (
  target: number,
  rest: number,
  usdPerHourPerUsd: number,
  g: number,
): BreakEven => found((target - rest) / (usdPerHourPerUsd * g), 0, Number.POSITIVE_INFINITY);

/**
 * Where a monotone function of x is 0, by bisection; none where it has one sign over the range.
 */
export function bisect(f: (x: number) => number, low: number, high: number): BreakEven {
  let [a, b] = [low, high];
  const sign = Math.sign(f(a));
  if (sign === 0) return { state: 'found', value: a };
  if (Math.sign(f(b)) === sign) return { state: 'none_in_range', low, high };
  for (let round = 0; round < 200 && b - a > 1e-12 * Math.max(1, Math.abs(b)); round += 1) {
    const middle = (a + b) / 2;
    if (Math.sign(f(middle)) === sign) a = middle;
    else b = middle;
  }
  return { state: 'found', value: (a + b) / 2 };
}
