/** Utilisations for which the queue is solved; between them waits are interpolated. */
const GRID: readonly number[] = [
  ...Array.from({ length: 36 }, (_, i) => 0.025 * (i + 1)),
  ...Array.from({ length: 5 }, (_, i) => 0.91 + 0.01 * i),
];
/** Above it the queue hardly ever settles, and no promise about a percentile holds. */
export const HIGHEST_UTILISATION = 0.95;

/** A statistic of waiting times: the mean, or a quantile between 0 and 1. */
export type Statistic = 'mean' | number;

/**
 * Stationary number in an M/D/c system seen once a service time: N' = max(N − c, 0) + Poisson(ρc), by state reduction
 * (Grassmann, Taksar and Heyman 1985), which never subtracts.
 * @returns probabilities of 0, 1, 2 ... in the system
 */
export function systemSizes(servers: number, utilisation: number): Float64Array {
  const arrivals = poisson(servers * utilisation);
  const states = servers + arrivals.length + Math.ceil(16 / (1 - utilisation));
  const moves = Array.from({ length: states }, (_, n) => {
    const row = new Float64Array(states);
    for (let k = 0; k < arrivals.length; k += 1) {
      row[Math.min(states - 1, Math.max(0, n - servers) + k)]! += arrivals[k]!;
    }
    return row;
  });
  const leaving = new Float64Array(states);
  for (let n = states - 1; n > 0; n -= 1) reduceState(moves, leaving, n, servers, arrivals.length);
  const p = new Float64Array(states);
  p[0] = 1;
  let total = 1;
  for (let n = 1; n < states; n += 1) {
    let sum = 0;
    for (let i = Math.max(0, n - arrivals.length); i < n; i += 1) sum += p[i]! * moves[i]![n]!;
    p[n] = sum / leaving[n]!;
    total += p[n]!;
  }
  return p.map((each) => each / total);
}

/** Takes a state out: what led to it leads on to where it led. */
function reduceState(
  moves: readonly Float64Array[],
  leaving: Float64Array,
  n: number,
  servers: number,
  reach: number,
): void {
  const row = moves[n]!;
  const lowest = Math.max(0, n - servers);
  for (let j = lowest; j < n; j += 1) leaving[n]! += row[j]!;
  for (let i = Math.max(0, n - reach); i < n; i += 1) {
    const into = moves[i]![n]! / leaving[n]!;
    if (into === 0) continue;
    for (let j = lowest; j < n; j += 1) moves[i]![j]! += into * row[j]!;
  }
}

function poisson(mean: number): Float64Array {
  const length = Math.ceil(mean + 10 * Math.sqrt(mean) + 12);
  const p = new Float64Array(length);
  let log = -mean;
  for (let k = 0; k < length; k += 1) {
    if (k > 0) log += Math.log(mean / k);
    p[k] = Math.exp(log);
  }
  return p;
}

/** Mean wait in service times, by Little's law from the number in the system. */
const meanWait = (servers: number, utilisation: number, sizes: Float64Array): number => {
  const inSystem = sizes.reduce((sum, p, n) => sum + n * p, 0);
  return inSystem / (servers * utilisation) - 1;
};

/**
 * P(wait ≤ x service times) of M/D/c (Franx 2001, "A simple solution for the M/D/c waiting time distribution"): sums of
 * positive terms alone.
 * @param cumulative P(at most m waiting), m = 0, 1, ...
 */
function waitAtMost(x: number, servers: number, arrivals: number, cumulative: readonly number[]): number {
  const k = Math.floor(x) + 1;
  const mean = arrivals * (k - x);
  let term = Math.exp(-mean);
  let sum = 0;
  for (let j = 0; j < k * servers; j += 1) {
    if (j > 0) term *= mean / j;
    sum += term * (cumulative[Math.min(cumulative.length - 1, k * servers - j - 1)] ?? 1);
    if (j > mean && term < 1e-14) break;
  }
  return sum;
}

function quantileWait(servers: number, utilisation: number, sizes: Float64Array, q: number): number {
  const cumulative: number[] = [];
  let sum = 0;
  for (let n = 0; n < sizes.length; n += 1) {
    sum += sizes[n]!;
    if (n >= servers) cumulative.push(sum);
  }
  const arrivals = servers * utilisation;
  if (waitAtMost(0, servers, arrivals, cumulative) >= q) return 0;
  let high = 1;
  while (waitAtMost(high, servers, arrivals, cumulative) < q && high < 1e4) high *= 2;
  let low = 0;
  for (let round = 0; round < 40; round += 1) {
    const middle = (low + high) / 2;
    if (waitAtMost(middle, servers, arrivals, cumulative) < q) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Wait in an M/D/c queue (Poisson arrivals, services of one length, c servers), in service times. */
export function waitInServices(servers: number, utilisation: number, statistic: Statistic): number {
  if (servers === 1 && statistic === 'mean') return utilisation / (2 * (1 - utilisation));
  const sizes = systemSizes(servers, utilisation);
  return statistic === 'mean'
    ? meanWait(servers, utilisation, sizes)
    : quantileWait(servers, utilisation, sizes, statistic);
}

const tables = new Map<string, readonly number[]>();

/** Waits over the grid; the shape of the queue depends on nothing else, so each is solved once. */
function waits(servers: number, statistic: Statistic): readonly number[] {
  const key = `${servers} ${statistic}`;
  const known = tables.get(key);
  if (known) return known;
  const table = GRID.map((utilisation) => waitInServices(servers, utilisation, statistic));
  tables.set(key, table);
  return table;
}

/**
 * The highest utilisation at which the wait stays within `services` service times, at most `HIGHEST_UTILISATION`; 0 where
 * none does. Exact for the mean at one server, else between grid points as the wait's (1 − ρ) form interpolates.
 */
export function highestUtilisation(servers: number, statistic: Statistic, services: number): number {
  if (services < 0) return 0;
  if (servers === 1 && statistic === 'mean') {
    return Math.min(HIGHEST_UTILISATION, (2 * services) / (1 + 2 * services));
  }
  const table = waits(servers, statistic);
  if (table[0]! > services) return (GRID[0]! * services) / table[0]!;
  for (let i = 1; i < GRID.length; i += 1) {
    if (table[i]! <= services) continue;
    // Waits go as 1/(1 − ρ): interpolate in that.
    const [a, b] = [1 / (1 - GRID[i - 1]!), 1 / (1 - GRID[i]!)];
    const at = a + ((b - a) * (services - table[i - 1]!)) / (table[i]! - table[i - 1]!);
    return 1 - 1 / at;
  }
  return HIGHEST_UTILISATION;
}

/** Wait at a utilisation by the same table, in service times. */
export function waitAt(servers: number, statistic: Statistic, utilisation: number): number {
  if (servers === 1 && statistic === 'mean') return utilisation / (2 * (1 - utilisation));
  const table = waits(servers, statistic);
  if (utilisation <= GRID[0]!) return (table[0]! * utilisation) / GRID[0]!;
  const i = Math.min(GRID.length - 1, GRID.findIndex((each) => each >= utilisation) || 1);
  if (i < 0) return table[table.length - 1]!;
  const [a, b] = [1 / (1 - GRID[i - 1]!), 1 / (1 - GRID[i]!)];
  return table[i - 1]! + ((table[i]! - table[i - 1]!) * (1 / (1 - utilisation) - a)) / (b - a);
}
