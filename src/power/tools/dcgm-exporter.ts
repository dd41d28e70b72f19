import { parsePrometheus } from '../../endpoint/prometheus.ts';
import { type Reading, startPolling } from '../polled-sampler.ts';
import { blankSample, type PowerSample, type PowerSource } from '../sample.ts';
import { readUrl } from './read-url.ts';

/** The exporter itself reads its devices at an interval of its own, often 30 s: a faster scrape returns duplicates. */
const INTERVAL_S = 0.5;

/** NVIDIA's devices by a DCGM exporter's URL, for example `http://host:9400/metrics`. */
export async function dcgmExporter(url: string): Promise<PowerSource> {
  const first = readDcgmExposition(await readUrl(url, AbortSignal.timeout(10_000)));
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
    },
    start: (sink) =>
      startPolling(
        { interval_s: INTERVAL_S, read: async (signal) => readDcgmExposition(await readUrl(url, signal)) },
        sink,
      ),
  };
}

/** Power (W), energy (mJ) and temperature by `gpu` label; MIG rows carry the physical device's and count once. */
export function readDcgmExposition(text: string): Reading {
  const devices = new Map<string, Omit<PowerSample, 'at_s'>>();
  for (const { name, labels, value } of parsePrometheus(text, ['DCGM_FI_DEV_'])) {
    const device = labels.gpu;
    if (device === undefined || labels.GPU_I_ID) continue;
    const { at_s: _, ...blank } = blankSample(device, 0);
    const before = devices.get(device) ?? blank;
    devices.set(device, { ...before, ...readingOf(name, value) });
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
