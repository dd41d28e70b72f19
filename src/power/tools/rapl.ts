import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Reading, startPolling } from '../polled-sampler.ts';
import { blankSample, type PowerSource } from '../sample.ts';

const ROOT = '/sys/class/powercap';
/** The counter of a busy package starts again after a quarter of an hour or so: read well within that. */
const INTERVAL_S = 0.5;

interface Domain {
  readonly device: string;
  readonly folder: string;
  readonly range_j: number | null;
}

/** The processor's packages by their energy counters. Null when there are none or they may not be read (often root alone may). */
export async function rapl(root = ROOT): Promise<PowerSource | null> {
  const domains = await packages(root);
  const first = await readDomains(domains).catch(() => null);
  if (first === null || first.samples.length === 0) return null;
  const ranges = domains.flatMap(({ range_j }) => range_j ?? []);
  return {
    facts: {
      source: 'rapl',
      version: null,
      scope: 'package',
      averaging: 'counter',
      interval_s: INTERVAL_S,
      resolution_w: null,
      has_counter: true,
      counter_range_j: ranges.length > 0 ? Math.min(...ranges) : null,
      devices: domains.map(({ device }) => device),
    },
    start: (sink) => startPolling({ interval_s: INTERVAL_S, read: () => readDomains(domains) }, sink),
  };
}

/** Whole packages only: their cores and memory controllers are parts of them. */
async function packages(root: string): Promise<Domain[]> {
  const names = await readdir(root).catch(() => []);
  const found = names.filter((name) => /^intel-rapl:\d+$/.test(name)).sort();
  return Promise.all(
    found.map(async (name) => {
      const folder = join(root, name);
      const range = Number(await readFile(join(folder, 'max_energy_range_uj'), 'utf8').catch(() => ''));
      const label = (await readFile(join(folder, 'name'), 'utf8').catch(() => name)).trim();
      return { device: label, folder, range_j: range > 0 ? range / 1e6 : null };
    }),
  );
}

async function readDomains(domains: readonly Domain[]): Promise<Reading> {
  const samples = await Promise.all(
    domains.map(async ({ device, folder }) => {
      const { at_s: _, ...blank } = blankSample(device, 0);
      const microjoules = Number(await readFile(join(folder, 'energy_uj'), 'utf8'));
      return { ...blank, counter_j: microjoules / 1e6 };
    }),
  );
  return { samples, skipped: 0 };
}
