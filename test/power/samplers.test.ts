import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startPolling } from '../../src/power/polled-sampler.ts';
import { blankSample, type PowerSample, type PowerSink } from '../../src/power/sample.ts';
import { type LineReader, startTool } from '../../src/power/spawned-sampler.ts';

/** A sink that tells when something came. */
function sinkOf() {
  const samples: PowerSample[] = [];
  const failures: string[] = [];
  let skipped = 0;
  let wake = (): void => undefined;
  const sink: PowerSink = {
    samples: (batch) => {
      samples.push(...batch);
      wake();
    },
    skipped: (rows) => {
      skipped += rows;
      wake();
    },
    failed: (message) => {
      failures.push(message);
      wake();
    },
  };
  const until = async (met: () => boolean): Promise<void> => {
    while (!met()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { sink, samples, failures, skipped: () => skipped, until };
}

async function script(body: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ridge-power-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'tool');
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

/** `DEVICE WATTS` a line. */
function reader(): LineReader {
  let skipped = 0;
  return {
    read(line, at_s) {
      const [device = '', watts] = line.split(' ');
      if (watts !== undefined) return [{ ...blankSample(device, at_s), power_w: Number(watts) }];
      skipped += 1;
      return [];
    },
    get skipped() {
      return skipped;
    },
  };
}

describe('a tool that prints readings', () => {
  test('is read line by line until it is stopped; a torn row is counted', async () => {
    const file = await script('echo "0 100"; echo torn; echo "1 200"; exec sleep 60');
    const { sink, samples, skipped, failures, until } = sinkOf();
    const sampler = startTool({ argv: [file], interval_s: 1, reader }, sink);
    await until(() => samples.length === 2 && skipped() === 1);
    await sampler.stop();
    expect(samples.map(({ device, power_w }) => [device, power_w])).toEqual([
      ['0', 100],
      ['1', 200],
    ]);
    expect(failures).toEqual([]);
  });

  test('that ends is reported once, with its last words; what it said before is kept', async () => {
    const file = await script('echo "0 100"; echo "no devices were found" >&2; exit 9');
    const { sink, samples, failures, until } = sinkOf();
    const sampler = startTool({ argv: [file], interval_s: 1, reader }, sink);
    await until(() => failures.length > 0);
    await sampler.stop();
    expect(failures).toEqual([`${file} ended (9): no devices were found`]);
    expect(samples).toHaveLength(1);
  });

  test('that is not there is reported', async () => {
    const { sink, failures, until } = sinkOf();
    startTool({ argv: ['/nonexistent/nvidia-smi'], interval_s: 1, reader }, sink);
    await until(() => failures.length > 0);
    expect(failures[0]).toBe('/nonexistent/nvidia-smi is not installed');
  });

  test('that ignores its stop is killed', async () => {
    const file = await script('trap \'\' TERM; echo "0 1"; while true; do sleep 1; done');
    const { sink, samples, until } = sinkOf();
    const sampler = startTool({ argv: [file], interval_s: 1, reader }, sink);
    await until(() => samples.length > 0);
    await sampler.stop();
  });
});

describe('a source that is asked', () => {
  const one = { ...blankSample('0', 0), power_w: 5 };

  test('is asked again and again, and stamped between question and answer', async () => {
    const { sink, samples, until } = sinkOf();
    const sampler = startPolling(
      { interval_s: 0.001, read: async () => ({ samples: [one], skipped: 0 }) },
      sink,
    );
    await until(() => samples.length >= 3);
    await sampler.stop();
    const times = samples.map(({ at_s }) => at_s);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('may fail now and then; five times in a row ends it', async () => {
    const { sink, samples, failures, until } = sinkOf();
    let asked = 0;
    const read = async () => {
      asked += 1;
      if (asked < 3 || asked > 5) throw new Error('no answer');
      return { samples: [one], skipped: 1 };
    };
    const sampler = startPolling({ interval_s: 0.001, read }, sink);
    await until(() => failures.length > 0);
    await sampler.stop();
    expect({ failures, seen: samples.length, asked }).toEqual({
      failures: ['no answer'],
      seen: 3,
      asked: 10,
    });
  });
});
