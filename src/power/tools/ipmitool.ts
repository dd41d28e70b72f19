import { readNumber } from '../cell-value.ts';
import { type Reading, startPolling } from '../polled-sampler.ts';
import { blankSample, type PowerSource } from '../sample.ts';
import { ask, askOrFail } from './ask.ts';

const INTERVAL_S = 1;
const QUERY = ['ipmitool', 'dcmi', 'power', 'reading'];

/** The whole node by its board controller. Null when it is not there or does not answer; 0 W counts only where it says `activated`. */
export async function ipmitool(): Promise<PowerSource | null> {
  const answer = await ask(QUERY);
  if (answer === null || readIpmi(answer).samples[0]?.power_w == null) return null;
  return {
    facts: {
      source: 'ipmitool',
      version: (await ask(['ipmitool', '-V']))?.trim() ?? null,
      scope: 'node',
      averaging: 'unknown',
      interval_s: INTERVAL_S,
      resolution_w: 1,
      has_counter: false,
      counter_range_j: null,
      devices: ['node'],
    },
    start: (sink) =>
      startPolling(
        { interval_s: INTERVAL_S, read: async (signal) => readIpmi(await askOrFail(QUERY, signal)) },
        sink,
      ),
  };
}

/** Found by its label, whatever the spacing. */
export function readIpmi(text: string): Reading {
  const { at_s: _, ...blank } = blankSample('node', 0);
  const power_w = readNumber(/instantaneous power reading:\s*(\S+)/i.exec(text)?.[1]) ?? null;
  const activated = /power reading state is:\s*activated/i.test(text);
  if (power_w === null || (power_w === 0 && !activated)) return { samples: [], skipped: 1 };
  return { samples: [{ ...blank, power_w }], skipped: 0 };
}
