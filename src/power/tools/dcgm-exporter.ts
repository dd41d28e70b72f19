import { parsePrometheus } from '../../endpoint/prometheus.ts';
import { type Reading, startPolling } from '../polled-sampler.ts';
import { blankSample, type PowerSample, type PowerSource } from '../sample.ts';
import { powerClock } from '../spawned-sampler.ts';
import { clockOffsetAt, readUrl, wallClock } from './read-url.ts';

/** The exporter itself reads its devices at an interval of its own, often 30 s: a faster scrape returns duplicates. */
const INTERVAL_S = 0.5;

/**
 * NVIDIA's devices by a DCGM exporter's URL, for example `http://host:9400/metrics`. Readings are stamped when they arrive; where
 * the page stamps them itself (that of a Prometheus which federates the exporter does) they are placed by its host's clock.
 */
export async function dcgmExporter(url: string): Promise<PowerSource> {
  const first = readDcgmExposition(await readUrl(url, AbortSignal.timeout(10_000)));
  const isStamped = first.samples.some(({ at_s }) => at_s !== undefined);
  const clock = isStamped ? await clockOffsetAt(url, AbortSignal.timeout(30_000)).catch(() => null) : null;
  // The wall clock of the other host, on the clock of this host's samples.
  const ahead_s = wallClock() - powerClock() + (clock?.offset_s ?? 0);
  const read = async (signal: AbortSignal): Promise<Reading> => {
    const { samples, skipped } = readDcgmExposition(await readUrl(url, signal));
    return {
      samples: samples.map((one) => (one.at_s === undefined ? one : { ...one, at_s: one.at_s - ahead_s })),
      skipped,
    };
  };
  return {
    facts: {
      source: 'dcgm-exporter',
      version: null,
      scope: 'device',
      averaging: 'unknown',
      interval_s: INTERVAL_S,
      resolution_w: 0.001,
      has_counter: first.samples.some(({ counter_j }) => counter_j !== null),
      counter_range_j: null,
      devices: first.samples.map(({ device }) => device),
      ...(isStamped && { clock_offset_bound_s: clock?.bound_s ?? null }),
    },
    start: (sink) => startPolling({ interval_s: INTERVAL_S, read }, sink),
  };
}

/** A reading, stamped where the page says when it was taken: seconds since 1970 by its own clock. */
type Stamped = Reading['samples'][number];

/** Power (W), energy (mJ) and temperature by `gpu` label; MIG rows carry the physical device's and count once. */
export function readDcgmExposition(text: string): Reading {
  const devices = new Map<string, Stamped>();
  for (const { name, labels, value, at_ms } of parsePrometheus(text, ['DCGM_FI_DEV_'])) {
    const device = labels.gpu;
    if (device === undefined || labels.GPU_I_ID) continue;
    const { at_s: _, ...blank } = blankSample(device, 0);
    const before = devices.get(device) ?? blank;
    const stamp = at_ms === undefined ? {} : { at_s: at_ms / 1000 };
    devices.set(device, { ...before, ...readingOf(name, value), ...stamp });
  }
  const samples = [...devices.values()].filter(
    ({ power_w, counter_j }) => power_w !== null || counter_j !== null,
  );
  return { samples, skipped: 0 };
}

function readingOf(name: string, value: number): Partial<PowerSample> {
  switch (name) {
    case 'DCGM_FI_DEV_POWER_USAGE':
      return { power_w: value };
    case 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION':
      return { counter_j: value / 1000 };
    case 'DCGM_FI_DEV_SM_CLOCK':
      return { clock_mhz: value };
    case 'DCGM_FI_DEV_GPU_TEMP':
      return { temperature_c: value };
    default:
      return {};
  }
}
