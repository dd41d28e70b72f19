/** A pool of equal workers. */
export interface Pool {
  readonly tp: number;
  /** Requests a second of one worker. */
  readonly rate: number;
  readonly usd_per_h: number;
  readonly kw: number | null;
  readonly node_devices: number;
}

/** Whole workers of both pools. */
export interface WholeChoice {
  readonly prefill_workers: number;
  readonly decode_workers: number;
  readonly prefill_devices: number;
  readonly decode_devices: number;
  readonly requests_per_s: number;
  /** $ an hour of all devices that are paid. */
  readonly usd_per_h: number;
  readonly kw: number | null;
  readonly usd_per_request: number;
  /** Share of each pool that the other leaves without work. */
  readonly idle: { readonly prefill: number; readonly decode: number };
}

/** Largest pool that is tried, workers. */
const MOST_WORKERS = 32;

/** Devices that are paid for so many: all of them, or whole nodes. */
export type Granularity = 'devices' | 'nodes';
const paid = (devices: number, node: number, by: Granularity): number =>
  by === 'devices' ? devices : node * Math.ceil(devices / node);

function choiceOf(prefill: Pool, decode: Pool, nP: number, nD: number, by: Granularity): WholeChoice {
  const [fromPrefill, fromDecode] = [nP * prefill.rate, nD * decode.rate];
  const rate = Math.min(fromPrefill, fromDecode);
  const pDevices = paid(nP * prefill.tp, prefill.node_devices, by);
  const dDevices = paid(nD * decode.tp, decode.node_devices, by);
  const usd = pDevices * prefill.usd_per_h + dDevices * decode.usd_per_h;
  return {
    prefill_workers: nP,
    decode_workers: nD,
    prefill_devices: pDevices,
    decode_devices: dDevices,
    requests_per_s: rate,
    usd_per_h: usd,
    kw: prefill.kw === null || decode.kw === null ? null : pDevices * prefill.kw + dDevices * decode.kw,
    usd_per_request: usd / 3600 / rate,
    idle: { prefill: 1 - rate / fromPrefill, decode: 1 - rate / fromDecode },
  };
}

/** The smallest deployment within this of the least cost a request is told: a few devices more for a per mille are no gain. */
const NEAR = 1.02;

/** All whole choices, the smallest deployments first. */
function choices(prefill: Pool, decode: Pool, granularity: Granularity): WholeChoice[] {
  const found: WholeChoice[] = [];
  for (let nP = 1; nP <= MOST_WORKERS; nP += 1) {
    for (let nD = 1; nD <= MOST_WORKERS; nD += 1) {
      found.push(choiceOf(prefill, decode, nP, nD, granularity));
    }
  }
  const devices = (one: WholeChoice): number => one.prefill_devices + one.decode_devices;
  return found.sort((a, b) => devices(a) - devices(b) || a.usd_per_request - b.usd_per_request);
}

/** Whole workers at the least cost a request: the smallest deployment within 2 % of it. */
export function wholeChoice(prefill: Pool, decode: Pool, granularity: Granularity): WholeChoice {
  const all = choices(prefill, decode, granularity);
  const least = Math.min(...all.map(({ usd_per_request }) => usd_per_request));
  return all.find(({ usd_per_request }) => usd_per_request <= NEAR * least)!;
}

/** The most that both pools together may cost an hour, or draw. */
export interface PoolBudget {
  readonly kind: 'usd_per_h' | 'power_kw';
  readonly most: number;
}

/** Prefill workers that are tried within a budget. */
const MOST_BUDGETED = 20_000;

/**
 * Whole workers with the most requests a second within a budget, the cheapest of those. Null where it holds not one worker of
 * each, or power is not known.
 */
export function mostWithin(
  prefill: Pool,
  decode: Pool,
  { kind, most }: PoolBudget,
  by: Granularity = 'devices',
): WholeChoice | null {
  const each = ({ usd_per_h, kw }: Pool): number =>
    kind === 'usd_per_h' ? usd_per_h : (kw ?? Number.POSITIVE_INFINITY);
  const used = (pool: Pool, workers: number): number =>
    each(pool) * paid(workers * pool.tp, pool.node_devices, by);
  const workersFor = (pool: Pool, left: number): number => {
    // What fits to the last worker must not fail for a rounding error.
    const unit = by === 'nodes' ? pool.node_devices : pool.tp;
    return Math.floor((Math.floor(left / (unit * each(pool)) + 1e-9) * unit) / pool.tp + 1e-9);
  };
  let best: WholeChoice | null = null;
  for (let nP = 1; nP <= Math.min(MOST_BUDGETED, workersFor(prefill, most)); nP += 1) {
    // More decode workers than these prefill workers feed only cost.
    const fed = Math.ceil((nP * prefill.rate) / decode.rate);
    const nD = Math.min(workersFor(decode, most - used(prefill, nP)), fed);
    if (nD < 1) break;
    const one = choiceOf(prefill, decode, nP, nD, by);
    if (best === null || more(one, best)) best = one;
  }
  return best;
}

const more = (one: WholeChoice, best: WholeChoice): boolean =>
  one.requests_per_s > best.requests_per_s ||
  (one.requests_per_s === best.requests_per_s && one.usd_per_h < best.usd_per_h);
