const PREFIXES = [
  { factor: 1e15, symbol: 'P' },
  { factor: 1e12, symbol: 'T' },
  { factor: 1e9, symbol: 'G' },
  { factor: 1e6, symbol: 'M' },
  { factor: 1e3, symbol: 'k' },
  { factor: 1, symbol: '' },
  { factor: 1e-3, symbol: 'm' },
  { factor: 1e-6, symbol: 'µ' },
  { factor: 1e-9, symbol: 'n' },
  { factor: 1e-12, symbol: 'p' },
] as const;
type Prefix = (typeof PREFIXES)[number];
const NO_PREFIX: Prefix = { factor: 1, symbol: '' };

/** Shown instead of a value that is null or not finite. */
export const MISSING = '-';

export type Interval = readonly [low: number, high: number];

/** Decimals that leave `digits` significant digits in front of and behind the point; integer digits are never rounded away. */
const decimalsFor = (magnitude: number, digits: number): number =>
  magnitude === 0 ? 0 : Math.min(20, Math.max(0, digits - 1 - Math.floor(Math.log10(magnitude))));

/** Smaller than this many decimals can show needs an exponent. */
const MOST_DECIMALS = 8;

/** `3.14`, `31.4`, `314`, `31416`, `2.22e-14`: at least `digits` significant digits, `-` for null. */
export function formatNumber(value: number | null, digits = 3): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  const rounded = Number(value.toPrecision(digits));
  const decimals = decimalsFor(Math.abs(rounded), digits);
  return decimals > MOST_DECIMALS ? value.toExponential(digits - 1) : value.toFixed(decimals);
}

/** `41 %` of 0.41; shares in, percent out. */
export const formatPercent = (share: number | null, digits = 2): string =>
  share === null || !Number.isFinite(share) ? MISSING : `${formatNumber(share * 100, digits)} %`;

/** The prefix that leaves 1 to 999 in front of it, judged after rounding so that 999.9 does not become `1000`. */
function prefixFor(magnitude: number, digits: number): Prefix {
  if (magnitude === 0) return NO_PREFIX;
  const rounded = Number(magnitude.toPrecision(digits));
  return PREFIXES.find(({ factor }) => rounded >= factor) ?? PREFIXES[PREFIXES.length - 1]!;
}

/** Units that take no prefix: counts and shares. */
const takesPrefix = (unit: string): boolean => unit !== '' && unit !== '1' && !unit.startsWith('%');
/** `byte/s` is written `B/s`, as data sheets do. */
const shortUnit = (unit: string): string => unit.replace(/^bytes?(?=\/|$)/, 'B');
const joinUnit = (number: string, prefix: Prefix, unit: string): string =>
  unit === '' || unit === '1' ? number : `${number} ${prefix.symbol}${shortUnit(unit)}`;

/**
 * A value in an SI unit with its prefix: `312 TFLOP/s`, `3.35 TB/s`, `412 µs`, `1.20 pJ/FLOP`.
 * @param value in `unit` itself (seconds, byte/s, FLOP/s, ...)
 */
export function formatQuantity(value: number | null, unit: string, digits = 3): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  const prefix = takesPrefix(unit) ? prefixFor(Math.abs(value), digits) : NO_PREFIX;
  return joinUnit(formatNumber(value / prefix.factor, digits), prefix, unit);
}

/**
 * A value with its interval, both with the value's prefix and as many decimals as two significant digits of the
 * half-width need: `312 [305, 319] TFLOP/s`.
 */
export function formatEstimate(value: number | null, interval: Interval | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  if (interval === null || !interval.every(Number.isFinite)) return formatQuantity(value, unit);
  const prefix = takesPrefix(unit) ? prefixFor(Math.abs(value), 3) : NO_PREFIX;
  const halfWidth = Math.abs(interval[1] - interval[0]) / 2 / prefix.factor;
  const scaled = Math.abs(value) / prefix.factor;
  const decimals =
    halfWidth > 0 ? Math.min(decimalsFor(halfWidth, 2), decimalsFor(scaled, 4)) : decimalsFor(scaled, 3);
  const [middle, low, high] = [value, ...interval].map((end) => (end / prefix.factor).toFixed(decimals));
  return joinUnit(`${middle} [${low}, ${high}]`, prefix, unit);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Elapsed or remaining wall-clock time: `0:07`, `12:05`, `3:04:05`. @param seconds rounded to whole seconds */
export function formatClock(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return MISSING;
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A length of time in words, for sentences: `45 s`, `12 min 5 s`, `3 h 4 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A token count as grids write it: `512`, `1k`, `1.5k`, `128k` (k = 1024 where that is exact, else plain digits). */
export function formatTokens(tokens: number): string {
  const kilo = tokens / 1024;
  return kilo >= 1 && Number.isInteger(kilo * 2) ? `${kilo}k` : String(tokens);
}

const LONGEST_IN_MS = 10_000;

/** The unit in which people read a latency: milliseconds up to ten seconds, then seconds. @param ms milliseconds */
export const latencyUnit = (ms: number | null): { readonly unit: 'ms' | 's'; readonly factor: number } =>
  ms !== null && Math.abs(ms) >= LONGEST_IN_MS ? { unit: 's', factor: 1e-3 } : { unit: 'ms', factor: 1 };
