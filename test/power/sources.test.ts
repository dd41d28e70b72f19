import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findSource } from '../../src/power/find-source.ts';
import { PowerWatch } from '../../src/power/power-watch.ts';
import { readRecording, replay } from '../../src/power/replay.ts';
import type { PowerSample, PowerSource } from '../../src/power/sample.ts';
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

  test('rows without a time are counted', async () => {
    expect((await readRecording(await write(TEXT))).skipped).toBe(1);
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
