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

/** The smallest deployment within this of the least cost a request is told: a few devices more for a per mille are no gain. */
const NEAR = 1.02;

/** All whole choices within the limits, the smallest deployments first. */
function choices(prefill: Pool, decode: Pool, limits: RatioLimits): WholeChoice[] {
  const found: WholeChoice[] = [];
  for (let nP = 1; nP <= MOST_WORKERS; nP += 1) {
    for (let nD = 1; nD <= MOST_WORKERS; nD += 1) {
      const one = choiceOf(prefill, decode, nP, nD, limits.granularity);
      if (within(one, limits)) found.push(one);
    }
  }
  const devices = (one: WholeChoice): number => one.prefill_devices + one.decode_devices;
  return found.sort((a, b) => devices(a) - devices(b) || a.usd_per_request - b.usd_per_request);
}

/**
 * Whole workers at the least cost a request (the smallest deployment within 2 % of it); under a budget those with the highest
 * rate. Null where the budget holds not one worker of each.
 */
export function wholeChoice(prefill: Pool, decode: Pool, limits: RatioLimits): WholeChoice | null {
  const all = choices(prefill, decode, limits);
  if (limits.most_usd_per_h === undefined && limits.most_kw === undefined) {
    const least = Math.min(...all.map(({ usd_per_request }) => usd_per_request));
    return all.find(({ usd_per_request }) => usd_per_request <= NEAR * least) ?? null;
  }
  return all.reduce<WholeChoice | null>((best, one) => (best === null || more(one, best) ? one : best), null);
}

const more = (one: WholeChoice, best: WholeChoice): boolean =>
  one.requests_per_s > best.requests_per_s ||
  (one.requests_per_s === best.requests_per_s && one.usd_per_h < best.usd_per_h);
