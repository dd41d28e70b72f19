import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { RidgeError } from '../errors.ts';
import { readNumber, readPower } from './cell-value.ts';
import { blankSample, type PowerSample, type PowerSource } from './sample.ts';
import { powerClock } from './spawned-sampler.ts';

const REQUIRED = ['time_s', 'device', 'power_w'] as const;

/**
 * A recorded file in place of a tool: CSV with `time_s`, `device`, `power_w` and, where they are known, `counter_j`,
 * `clock_mhz`, `temperature_c`. Its first reading is given out when the sampler starts, the others as long after it as they
 * were taken.
 * @throws RidgeError (exit 2) when the file cannot be read or lacks a column
 */
export async function replay(file: string): Promise<PowerSource> {
  const { samples, skipped, rowsUntimed } = await readRecording(file);
  const times = [...new Set(samples.map(({ at_s }) => at_s))].sort((a, b) => a - b);
  const interval_s = times.length < 2 ? 1 : (times.at(-1)! - times[0]!) / (times.length - 1);
  const devices = [...new Set(samples.map(({ device }) => device))];
  return {
    facts: {
      source: 'replay',
      version: null,
      scope: 'device',
      averaging: 'unknown',
      interval_s,
      resolution_w: null,
      has_counter: samples.some(({ counter_j }) => counter_j !== null),
      counter_range_j: null,
      devices,
    },
    rowsUntimed,
    start(sink) {
      if (skipped > 0) sink.skipped(skipped);
      const began = powerClock() - times[0]!;
      let next = 0;
      let timer: NodeJS.Timeout;
      const give = (): void => {
        const due = samples.slice(next).findIndex(({ at_s }) => began + at_s > powerClock());
        const end = due < 0 ? samples.length : next + due;
        if (end > next)
          sink.samples(samples.slice(next, end).map((one) => ({ ...one, at_s: began + one.at_s })));
        next = end;
        if (next >= samples.length) sink.failed(`${file} has no more readings`);
        else timer = setTimeout(give, 1000 * Math.max(0, began + samples[next]!.at_s - powerClock()));
      };
      timer = setTimeout(give, 0);
      return { stop: async () => clearTimeout(timer) };
    },
  };
}

interface Recording {
  /** In order of time. */
  readonly samples: readonly PowerSample[];
  /** Rows that could not be read, and rows that could but for their time. */
  readonly skipped: number;
  readonly rowsUntimed: number;
}

/** Readings of a file. Rows that are not one are counted. */
export async function readRecording(file: string): Promise<Recording> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new RidgeError(error.code === 'ENOENT' ? 'no such file' : error.message, { where: file });
  });
  let skipped = 0;
  const rows = parse(text, {
    bom: true,
    columns: true,
    trim: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: () => {
      skipped += 1;
    },
  }) as Record<string, string>[];
  const lacking = REQUIRED.filter((name) => rows.length > 0 && !(name in rows[0]!));
  if (rows.length === 0 || lacking.length > 0) {
    throw new RidgeError(rows.length === 0 ? 'no power reading in it' : `no column ${lacking.join(', ')}`, {
      where: file,
      mend: `A recording is CSV with the columns ${REQUIRED.join(', ')}.`,
    });
  }
  let rowsUntimed = 0;
  const samples = rows.flatMap((row) => {
    const at_s = readNumber(row.time_s);
    if (typeof at_s !== 'number') {
      rowsUntimed += 1;
      return [];
    }
    return [
      {
        ...blankSample(row.device!, at_s),
        ...readPower(row.power_w),
        counter_j: readNumber(row.counter_j) ?? null,
        clock_mhz: readNumber(row.clock_mhz) ?? null,
        temperature_c: readNumber(row.temperature_c) ?? null,
      },
    ];
  });
  return { samples: samples.sort((a, b) => a.at_s - b.at_s), skipped, rowsUntimed };
}
