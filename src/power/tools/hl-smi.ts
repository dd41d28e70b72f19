import { readOptional, readPower } from '../cell-value.ts';
import { blankSample, type PowerFacts, type PowerSource } from '../sample.ts';
import { type LineReader, startTool } from '../spawned-sampler.ts';
import { TableReader } from '../table-reader.ts';
import { ask } from './ask.ts';

const INTERVAL_S = 1;
const FIELDS = ['index', 'driver_version', 'power.draw', 'temperature.aip'] as const;

/** Intel's Gaudi by hl-smi: whole watts, once a second. Null when it is not there. Its time is not read: lines are stamped on arrival. */
export async function hlSmi(): Promise<PowerSource | null> {
  const query = ['-Q', FIELDS.join(','), '-f', 'csv,noheader,nounits'];
  const listing = await ask(['hl-smi', ...query]);
  if (listing === null) return null;
  const reader = hlSmiReader();
  const devices = listing.split('\n').flatMap((line) => reader.read(line, 0).map(({ device }) => device));
  if (devices.length === 0) return null;
  const facts: PowerFacts = {
    source: 'hl-smi',
    version: listing.split('\n')[0]?.split(',')[1]?.trim() ?? null,
    scope: 'device',
    averaging: 'unknown',
    interval_s: INTERVAL_S,
    resolution_w: 1,
    has_counter: false,
    counter_range_j: null,
    devices,
  };
  const argv = ['hl-smi', ...query, '-l', String(INTERVAL_S)];
  return {
    facts,
    start: (sink) => startTool({ argv, interval_s: INTERVAL_S, reader: hlSmiReader }, sink),
  };
}

/** Lines without a header: the columns are those of the query, in its order. */
export function hlSmiReader(): LineReader {
  const header = FIELDS.join(',');
  const table = new TableReader({ isHeader: (line) => line === header || /^\s*index\s*,/.test(line) });
  table.read(header);
  return {
    read(line, at_s) {
      const row = table.read(line);
      if (row === null) return [];
      return [
        {
          ...blankSample(row.index!, at_s),
          ...readPower(row['power.draw']),
          temperature_c: readOptional(row['temperature.aip']),
        },
      ];
    },
    get skipped() {
      return table.skipped;
    },
  };
}
