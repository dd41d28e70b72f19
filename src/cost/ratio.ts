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

export interface RatioLimits {
  readonly granularity: Granularity;
  /** Most $ an hour, and most kW, of both pools together. */
  readonly most_usd_per_h?: number | undefined;
  readonly most_kw?: number | undefined;
}

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

const within = (one: WholeChoice, limits: RatioLimits): boolean =>
  (limits.most_usd_per_h === undefined || one.usd_per_h <= limits.most_usd_per_h) &&
  (limits.most_kw === undefined || (one.kw !== null && one.kw <= limits.most_kw));

/** A worker more in either pool has to lower the cost of a request by so much, or the smaller deployment is told. */
const WORTH = 0.98;

/**
 * Whole workers at the least cost a request (the smallest deployment within 2 % of it); under a budget those with the highest
 * rate. Null where the budget holds not one worker of each.
 */
export function wholeChoice(prefill: Pool, decode: Pool, limits: RatioLimits): WholeChoice | null {
  const budget = limits.most_usd_per_h !== undefined || limits.most_kw !== undefined;
  let best: WholeChoice | null = null;
  for (let total = 2; total <= 2 * MOST_WORKERS; total += 1) {
    for (let nP = Math.max(1, total - MOST_WORKERS); nP <= Math.min(MOST_WORKERS, total - 1); nP += 1) {
      const one = choiceOf(prefill, decode, nP, total - nP, limits.granularity);
      if (!within(one, limits)) continue;
      if (best === null || (budget ? more(one, best) : one.usd_per_request < WORTH * best.usd_per_request)) {
        best = one;
      }
    }
  }
  return best;
}

const more = (one: WholeChoice, best: WholeChoice): boolean =>
  one.requests_per_s > best.requests_per_s ||
  (one.requests_per_s === best.requests_per_s && one.usd_per_h < best.usd_per_h);
