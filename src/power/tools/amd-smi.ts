import { readNumber, readOptional, readPower } from '../cell-value.ts';
import { startPolling } from '../polled-sampler.ts';
import {
  blankSample,
  type PowerFacts,
  type PowerSample,
  type PowerSink,
  type PowerSource,
  type RunningSampler,
} from '../sample.ts';
import { type LineReader, startTool } from '../spawned-sampler.ts';
import { columnOf, lacksOf, TableReader, type TableRow } from '../table-reader.ts';
import { ask, askOrFail } from './ask.ts';

/** Whole seconds, the least that the tool takes. */
const INTERVAL_S = 1;
const WATCH = ['amd-smi', 'metric', '-p', '-c', '-t', '-u', '-w', String(INTERVAL_S), '--csv'];
const COUNTERS = ['amd-smi', 'metric', '-E', '--csv'];
/** MI300 and later fill the socket's power, earlier ones the average one. */
const POWER_COLUMNS = ['socket_power', 'current_socket_power', 'average_socket_power', 'power_usage'];

/** AMD's devices by amd-smi: watts from its watch mode, energy counters asked beside it. Null when it is not there. */
export async function amdSmi(): Promise<PowerSource | null> {
  const answer = await ask(COUNTERS);
  if (answer === null) return null;
  const { samples } = readCounters(answer);
  if (samples.length === 0) return null;
  const facts: PowerFacts = {
    source: 'amd-smi',
    version: (await ask(['amd-smi', 'version']))?.trim().split('\n')[0] ?? null,
    // The second die of a pair reads nothing, or zero: its power is in the first one's.
    scope: samples.some(({ power_w }, index) => index % 2 === 1 && !power_w) ? 'gcd_pair' : 'socket',
    averaging: 'unknown',
    interval_s: INTERVAL_S,
    resolution_w: 1,
    has_counter: samples.some(({ counter_j }) => counter_j !== null),
    counter_range_j: null,
    devices: samples.map(({ device }) => device),
  };
  return { facts, start: (sink) => startBoth(facts, sink) };
}

function startBoth(facts: PowerFacts, sink: PowerSink): RunningSampler {
  const watts = startTool({ argv: WATCH, interval_s: INTERVAL_S, reader: amdSmiReader }, sink);
  if (!facts.has_counter) return watts;
  // A counter that stops answering leaves the integral.
  const counters = startPolling(
    {
      interval_s: INTERVAL_S,
      read: async (signal) => {
        const { samples, skipped } = readCounters(await askOrFail(COUNTERS, signal));
        return { samples: samples.map((sample) => ({ ...sample, power_w: null })), skipped };
      },
    },
    { ...sink, samples: (batch) => sink.samples(batch), failed: () => undefined },
  );
  return {
    async stop() {
      await Promise.all([watts.stop(), counters.stop()]);
    },
  };
}

/** Lines of the watch mode: a preamble, then a header that comes again with every tick. */
export function amdSmiReader(): LineReader {
  const table = new TableReader({ isHeader: (line) => /^timestamp,/.test(line) });
  return {
    read(line, at_s) {
      const row = table.read(line);
      if (row === null) return [];
      const power = columnOf(table.columns ?? [], POWER_COLUMNS);
      return [sampleOf(row, power, at_s)];
    },
    get skipped() {
      return table.skipped;
    },
  };
}

function sampleOf(row: TableRow, power: string | null, at_s: number): PowerSample {
  const throttled = row.throttle_status?.toUpperCase();
  return {
    ...blankSample(row.gpu ?? '0', at_s),
    ...(power === null ? {} : readPower(row[power])),
    ...lacksOf(row, { power: POWER_COLUMNS, device: ['gpu'] }),
    clock_mhz: readOptional(row.gfx_0_clk ?? row.gfx_clk),
    temperature_c: celsius(readOptional(row.hotspot ?? row.hotspot_temperature)),
    throttle: throttled === 'THROTTLED' ? ['thermal'] : throttled === 'UNTHROTTLED' ? [] : null,
  };
}

/** Older bindings say millidegrees. */
const celsius = (value: number | null): number | null =>
  value !== null && value > 200 ? value / 1000 : value;

/** One answer of the energy query, which has no timestamps. A counter may be N/A on a single read. */
export function readCounters(text: string): { samples: Omit<PowerSample, 'at_s'>[]; skipped: number } {
  const table = new TableReader({ isHeader: (line) => /^gpu,/.test(line) });
  const samples = text.split('\n').flatMap((line) => {
    const row = table.read(line);
    if (row === null) return [];
    const power = columnOf(table.columns ?? [], POWER_COLUMNS);
    const { at_s: _, ...blank } = blankSample(row.gpu ?? '0', 0);
    const counter_j = readNumber(row.total_energy_consumption) ?? null;
    return [{ ...blank, ...(power === null ? {} : readPower(row[power])), counter_j }];
  });
  return { samples, skipped: table.skipped };
}
