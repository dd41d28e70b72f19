import { readOptional, readPower } from '../cell-value.ts';
import { type Reading, startPolling } from '../polled-sampler.ts';
import { blankSample, type PowerSource } from '../sample.ts';
import { ask, askOrFail } from './ask.ts';

const INTERVAL_S = 1;
const QUERY = ['rocm-smi', '--showpower', '--showenergycount', '--showtemp', '--json'];

/** AMD's devices by the older rocm-smi, asked again and again. Null when it is not there. Reads 0 to 2 W on some devices: compare. */
export async function rocmSmi(): Promise<PowerSource | null> {
  const answer = await ask(QUERY);
  const first = answer === null ? null : readRocmSmi(answer);
  if (first === null || first.samples.length === 0) return null;
  return {
    facts: {
      source: 'rocm-smi',
      version: (await ask(['rocm-smi', '--version']))?.trim().split('\n')[0] ?? null,
      scope: 'socket',
      averaging: 'unknown',
      interval_s: INTERVAL_S,
      resolution_w: 1,
      has_counter: first.samples.some(({ counter_j }) => counter_j !== null),
      counter_range_j: null,
      devices: first.samples.map(({ device }) => device),
    },
    start: (sink) =>
      startPolling(
        { interval_s: INTERVAL_S, read: async (signal) => readRocmSmi(await askOrFail(QUERY, signal)) },
        sink,
      ),
  };
}

/** `{"card0": {"Average Graphics Package Power (W)": "89.0", ...}}`: values are texts, keys differ by release. */
export function readRocmSmi(text: string): Reading {
  let cards: unknown;
  try {
    // Warnings may stand before the object.
    cards = JSON.parse(text.slice(text.indexOf('{')));
  } catch {
    return { samples: [], skipped: 1 };
  }
  const samples = Object.entries(cards as Record<string, Record<string, string>>).flatMap(
    ([card, values]) => {
      const device = /^card(\d+)$/.exec(card)?.[1];
      if (device === undefined) return [];
      const { at_s: _, ...blank } = blankSample(device, 0);
      const find = (pattern: RegExp): string | undefined =>
        Object.entries(values).find(([key]) => pattern.test(key))?.[1];
      const microjoules = readOptional(find(/accumulated energy \(uj\)/i));
      return [
        {
          ...blank,
          ...readPower(find(/package power \(w\)/i) ?? 'N/A'),
          counter_j: microjoules === null ? null : microjoules / 1e6,
          temperature_c: readOptional(find(/temperature .*junction/i)),
        },
      ];
    },
  );
  return { samples, skipped: 0 };
}
