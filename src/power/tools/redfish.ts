import { readPower } from '../cell-value.ts';
import { type Reading, startPolling } from '../polled-sampler.ts';
import { blankSample, type PowerSource } from '../sample.ts';
import { readUrl } from './read-url.ts';

const INTERVAL_S = 1;

/**
 * A node by its board controller's Redfish resource: `.../Chassis/ID/Power` or `.../Chassis/ID/EnvironmentMetrics`.
 * @param authorization value of the Authorization header, or null
 */
export async function redfish(url: string, authorization: string | null): Promise<PowerSource> {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  const read = async (signal: AbortSignal): Promise<Reading> => {
    const reading = readRedfish(await readUrl(url, signal, headers));
    if (reading.samples.length === 0) throw new Error(`${url} holds no power reading`);
    return reading;
  };
  await read(AbortSignal.timeout(10_000));
  return {
    facts: {
      source: 'redfish',
      version: null,
      scope: 'node',
      averaging: 'unknown',
      interval_s: INTERVAL_S,
      resolution_w: 1,
      has_counter: false,
      counter_range_j: null,
      devices: ['node'],
    },
    start: (sink) => startPolling({ interval_s: INTERVAL_S, read }, sink),
  };
}

interface Resource {
  readonly PowerWatts?: { readonly Reading?: unknown };
  readonly PowerControl?: readonly { readonly PowerConsumedWatts?: unknown }[];
}

function parse(text: string): Resource {
  try {
    return (JSON.parse(text) ?? {}) as Resource;
  } catch {
    return {};
  }
}

/** The newer resource's one reading, else the first power control: several may overlap and are never summed. */
export function readRedfish(text: string): Reading {
  const resource = parse(text);
  const value = resource.PowerWatts?.Reading ?? resource.PowerControl?.[0]?.PowerConsumedWatts;
  const { at_s: _, ...blank } = blankSample('node', 0);
  const { power_w, bad } = readPower(value === undefined || value === null ? 'N/A' : String(value));
  return power_w === null
    ? { samples: [], skipped: bad ? 1 : 0 }
    : { samples: [{ ...blank, power_w }], skipped: 0 };
}
