import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findSource } from '../../src/power/find-source.ts';
import { judgeEnergy } from '../../src/power/judge-energy.ts';
import { PowerWatch } from '../../src/power/power-watch.ts';
import { clockOffsetOf } from '../../src/power/remote-clock.ts';
import { readRecording, replay } from '../../src/power/replay.ts';
import { blankSample, type PowerSample, type PowerSource } from '../../src/power/sample.ts';
import { encodeSamples } from '../../src/power/samples-codec.ts';
import { rapl } from '../../src/power/tools/rapl.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ridge-power-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** Serves one answer. */
async function serve(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

/** The first samples of a source. */
async function first(source: PowerSource, count: number): Promise<PowerSample[]> {
  const samples: PowerSample[] = [];
  const enough = Promise.withResolvers<void>();
  const sampler = source.start({
    samples: (batch) => {
      samples.push(...batch);
      if (samples.length >= count) enough.resolve();
    },
    skipped: () => undefined,
    failed: (message) => enough.reject(new Error(message)),
  });
  await enough.promise;
  await sampler.stop();
  return samples.slice(0, count);
}

test('RAPL: packages and not their parts, joules, the range of the counter', async () => {
  const root = await folder();
  for (const [name, label, energy] of [
    ['intel-rapl:0', 'package-0', '5000000'],
    ['intel-rapl:1', 'package-1', '7000000'],
    ['intel-rapl:0:0', 'core', '1'],
  ] as const) {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'name'), `${label}\n`);
    await writeFile(join(root, name, 'energy_uj'), `${energy}\n`);
    await writeFile(join(root, name, 'max_energy_range_uj'), '262143328850\n');
  }
  const source = (await rapl(root))!;
  expect(source.facts).toMatchObject({
    devices: ['package-0', 'package-1'],
    scope: 'package',
    counter_range_j: 262143.32885,
  });
  expect(await first(source, 2)).toMatchObject([
    { device: 'package-0', counter_j: 5 },
    { device: 'package-1', counter_j: 7 },
  ]);
  expect(await rapl(join(root, 'nothing'))).toBeNull();
});

describe('sources behind a URL', () => {
  test('a DCGM exporter', async () => {
    const url = await serve(200, 'DCGM_FI_DEV_POWER_USAGE{gpu="3"} 401.5\n');
    const source = (await findSource({ source: 'dcgm-exporter', url }))!;
    expect(source.facts.devices).toEqual(['3']);
    expect(await first(source, 1)).toMatchObject([{ device: '3', power_w: 401.5 }]);
  });

  test('a board controller', async () => {
    const url = await serve(200, '{"PowerControl":[{"PowerConsumedWatts":2100}]}');
    const source = (await findSource({ source: 'redfish', url, authorization: null }))!;
    expect(await first(source, 1)).toMatchObject([{ device: 'node', power_w: 2100 }]);
  });

  test('that does not answer is an error with its URL', async () => {
    const url = await serve(503, '');
    await expect(findSource({ source: 'redfish', url, authorization: null })).rejects.toMatchObject({
      exitCode: 3,
      where: url,
    });
  });
});

test('a tool that was asked for and is not there is an error; none that is found by itself is not', async () => {
  const path = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = path;
  });
  process.env.PATH = await folder();
  await expect(findSource({ source: 'hl-smi' })).rejects.toMatchObject({
    exitCode: 3,
    message: /hl-smi is not there/,
  });
  expect(await findSource({ source: 'auto' })).toBeNull();
});

describe('a recording', () => {
  const TEXT = 'time_s,device,power_w,counter_j\n10,0,100,5\n10.002,1,N/A,\n10.004,0,120,6\nbad,0,1,1\n';
  const write = async (text: string): Promise<string> => {
    const file = join(await folder(), 'power.csv');
    await writeFile(file, text);
    return file;
  };

  test('is played back at its own pace, from when it starts', async () => {
    const source = await replay(await write(TEXT));
    const samples = await first(source, 3);
    expect(samples.map(({ device, power_w, counter_j }) => [device, power_w, counter_j])).toEqual([
      ['0', 100, 5],
      ['1', null, null],
      ['0', 120, 6],
    ]);
    expect(samples[2]!.at_s - samples[0]!.at_s).toBeCloseTo(0.004, 9);
  });

  test('rows without a time are counted, for they may belong to any window', async () => {
    expect(await readRecording(await write(TEXT))).toMatchObject({ skipped: 0, rowsUntimed: 1 });
    expect((await replay(await write(TEXT))).rowsUntimed).toBe(1);
  });

  test.each([
    ['', 'no power reading in it'],
    ['time_s,watts\n1,2\n', 'no column device, power_w'],
  ])('%j is refused', async (text, message) => {
    await expect(replay(await write(text))).rejects.toMatchObject({ message });
  });

  test('a missing file is refused', async () => {
    await expect(replay('/nowhere/power.csv')).rejects.toMatchObject({ message: 'no such file' });
  });

  test('its devices must be the target’s', async () => {
    const file = await write(TEXT);
    const choice = { source: 'replay', file } as const;
    await expect(PowerWatch.open(choice, null, 1)).rejects.toMatchObject({
      message: 'replay reads 2 devices, the target uses 1',
    });
    await expect(PowerWatch.open(choice, ['7'], 1)).rejects.toMatchObject({
      message: "replay reads no device '7'",
    });
    expect((await PowerWatch.open(choice, ['1'], 1))!.expected).toEqual(['1']);
    expect((await PowerWatch.open(choice, null, 2))!.expected).toEqual(['0', '1']);
  });
});

test('readings on disk are columns from the cell’s origin', () => {
  const sample = { ...first1(), at_s: 12.3456789 };
  expect(encodeSamples([sample], 10)).toMatchObject({ device: ['0'], at_s: [2.34568], power_w: [50] });
});

const first1 = (): PowerSample => ({
  device: '0',
  at_s: 0,
  power_w: 50,
  counter_j: null,
  clock_mhz: null,
  temperature_c: null,
  throttle: null,
  bad: false,
});

describe('a page that stamps its readings itself', () => {
  /** A federated exporter whose clock is ahead, with or without a date in its answers. */
  async function federated(ahead_s: number, sendDate: boolean): Promise<string> {
    const server = createServer((_, response) => {
      const now_ms = Date.now() + 1000 * ahead_s;
      response.sendDate = false;
      if (sendDate) response.setHeader('date', new Date(now_ms).toUTCString());
      response.end(`DCGM_FI_DEV_POWER_USAGE{gpu="0"} 401.5 ${Math.round(now_ms - 300)}\n`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/federate`;
  }

  test('is placed by its clock, how far that is ahead by the dates of its answers', async () => {
    const source = (await findSource({ source: 'dcgm-exporter', url: await federated(100, true) }))!;
    expect(source.facts.clock_offset_bound_s).toBeLessThan(0.5);
    const [sample] = await first(source, 1);
    // Taken 0.3 s before it was asked for, 100 s ahead of this host's clock.
    const age_s = performance.now() / 1000 - sample!.at_s;
    expect(age_s).toBeGreaterThan(0.3 - source.facts.clock_offset_bound_s!);
    expect(age_s).toBeLessThan(20);
  });

  test('of which no date shows how far it is ahead has an energy that says so; one without stamps needs none', async () => {
    const url = await federated(0, false);
    const stamped = (await findSource({ source: 'dcgm-exporter', url }))!.facts;
    expect(stamped.clock_offset_bound_s).toBeNull();
    const plain = await serve(200, 'DCGM_FI_DEV_POWER_USAGE{gpu="0"} 401.5\n');
    const unstamped = (await findSource({ source: 'dcgm-exporter', url: plain }))!.facts;
    expect(unstamped).not.toHaveProperty('clock_offset_bound_s');
    const codes = [stamped, unstamped].map((facts) => {
      const samples = Array.from({ length: 100 }, (_, at) => ({ ...blankSample('0', at / 2), power_w: 400 }));
      const window = { from_s: 5, to_s: 40 };
      const rest = { expected: ['0'], rowsSkipped: 0, rowsUntimed: 0, failed: null, tokens: 1 };
      return judgeEnergy({ facts, samples, window, ...rest }).reasons.map(({ code }) => code);
    });
    expect(codes).toEqual([['clock_offset_unknown'], []]);
  });
});

test('answers at many places of a second leave little room for a clock to be ahead', () => {
  const answers = (ahead_s: number, count: number) =>
    Array.from({ length: count }, (_, index) => {
      const sent_s = 1000 + index * 1.05;
      return { sent_s, received_s: sent_s + 0.01, date_s: Math.floor(sent_s + 0.005 + ahead_s) };
    });
  const many = clockOffsetOf(answers(7.3, 20))!;
  expect(many.bound_s).toBeLessThan(0.05);
  expect(Math.abs(many.offset_s - 7.3)).toBeLessThanOrEqual(many.bound_s);
  expect(clockOffsetOf(answers(7.3, 1))).toBeNull();
  expect(clockOffsetOf([...answers(7.3, 20), ...answers(-2, 1)])).toBeNull();
});
