import { describe, expect, test } from 'vitest';
import type { LineReader } from '../../src/power/spawned-sampler.ts';
import { amdSmiReader, readCounters } from '../../src/power/tools/amd-smi.ts';
import { readDcgmExposition } from '../../src/power/tools/dcgm-exporter.ts';
import { dcgmiReader } from '../../src/power/tools/dcgmi.ts';
import { hlSmiReader } from '../../src/power/tools/hl-smi.ts';
import { readIpmi } from '../../src/power/tools/ipmitool.ts';
import { nvidiaSmiReader } from '../../src/power/tools/nvidia-smi.ts';
import { readRedfish } from '../../src/power/tools/redfish.ts';
import { readRocmSmi } from '../../src/power/tools/rocm-smi.ts';
import { xpuSmiReader } from '../../src/power/tools/xpu-smi.ts';

const read = (reader: LineReader, text: string) =>
  text
    .trim()
    .split('\n')
    .flatMap((line) => reader.read(line, 7));

describe('nvidia-smi', () => {
  const HEADER =
    'timestamp, index, power.draw.average [W], clocks.current.sm [MHz], temperature.gpu, clocks_event_reasons.active';

  test('columns by the names of the header, which may come again; units in or out of the cells', () => {
    const samples = read(
      nvidiaSmiReader('power.draw.average'),
      `${HEADER}
2026/02/03 10:00:00.001, 0, 611.25, 1755, 58, 0x0000000000000004
2026/02/03 10:00:00.003, 1, 98.10 W, 345 MHz, 35, 0x0000000000000001
${HEADER}
2026/02/03 10:00:00.101, 0, [N/A], 1755, 58, 0x0000000000000020`,
    );
    expect(samples).toEqual([
      expect.objectContaining({
        device: '0',
        at_s: 7,
        power_w: 611.25,
        clock_mhz: 1755,
        throttle: ['power_cap'],
      }),
      expect.objectContaining({
        device: '1',
        power_w: 98.1,
        clock_mhz: 345,
        temperature_c: 35,
        throttle: [],
      }),
      expect.objectContaining({ device: '0', power_w: null, bad: false, throttle: ['thermal'] }),
    ]);
  });

  test('the limit is never taken for the power, a torn row is counted', () => {
    const reader = nvidiaSmiReader('power.draw');
    const samples = read(
      reader,
      `index, enforced.power.limit [W], power.draw [W]
0, 700.00, 402.17
1, 700.00`,
    );
    expect(samples.map(({ power_w }) => power_w)).toEqual([402.17]);
    expect(reader.skipped).toBe(1);
  });
});

describe('amd-smi', () => {
  test('watch mode: a preamble, a header with every tick, quoted lists, CRLF', () => {
    const header =
      'timestamp,gpu,gfx_activity,vcn_activity,socket_power,throttle_status,power_management,gfx_0_clk,hotspot';
    const samples = read(
      amdSmiReader(),
      [
        "'CTRL' + 'C' to stop watching output:",
        header,
        `1790000001,0,97,"['N/A', 12]",744,UNTHROTTLED,ENABLED,1902,61`,
        `1790000001,1,0,"['N/A', 'N/A']",N/A,N/A,ENABLED,132,41`,
        header,
        `1790000002,0,97,"['N/A', 12]",751,THROTTLED,ENABLED,1880,61`,
      ].join('\r\n'),
    );
    expect(
      samples.map(({ device, power_w, throttle, clock_mhz }) => [device, power_w, throttle, clock_mhz]),
    ).toEqual([
      ['0', 744, [], 1902],
      ['1', null, null, 132],
      ['0', 751, ['thermal'], 1880],
    ]);
  });

  test('an unquoted list shifts the columns: the row is counted, never read', () => {
    const reader = amdSmiReader();
    expect(read(reader, "timestamp,gpu,vcn_activity,socket_power\n1790000001,0,['N/A', 'N/A'],400")).toEqual(
      [],
    );
    expect(reader.skipped).toBe(1);
  });

  test('a table without a known power column says so, with the columns that it has', () => {
    const [sample] = read(amdSmiReader(), 'timestamp,gpu,watts\n1,0,400');
    expect(sample).toMatchObject({ power_w: null, lacks: 'no power column among timestamp, gpu, watts' });
    const [sound] = read(amdSmiReader(), 'timestamp,gpu,socket_power\n1,0,400');
    expect(sound).not.toHaveProperty('lacks');
  });

  test('energy counters: unknown on a single read', () => {
    const { samples } = readCounters(
      'gpu,socket_power,power_management,total_energy_consumption\n0,238,ENABLED,1234.5\n1,241,ENABLED,N/A',
    );
    expect(samples).toMatchObject([
      { device: '0', power_w: 238, counter_j: 1234.5 },
      { device: '1', power_w: 241, counter_j: null },
    ]);
  });

  test('millidegrees of older bindings', () => {
    const [sample] = read(amdSmiReader(), 'timestamp,gpu,socket_power,hotspot\n1,0,100,61000');
    expect(sample).toMatchObject({ temperature_c: 61 });
  });
});

test('rocm-smi: texts under keys that differ by release', () => {
  const { samples } = readRocmSmi(
    'WARNING: a note\n{"card0": {"Current Socket Graphics Package Power (W)": "411.0", "Accumulated Energy (uJ)": "2500000.0"}, "card1": {"Average Graphics Package Power (W)": "N/A"}, "system": {"Driver version": "6.8"}}',
  );
  expect(samples).toMatchObject([
    { device: '0', power_w: 411, counter_j: 2.5 },
    { device: '1', power_w: null, counter_j: null },
  ]);
  expect(readRocmSmi('no devices').skipped).toBe(1);
});

test('hl-smi: no header, the order of the query; a row of another query is counted', () => {
  const reader = hlSmiReader();
  const samples = read(reader, '0, 1.21.0-aaaa, 412, 51\n1, 1.21.0-aaaa, 228 W, 36 C\n0, 1.21.0-aaaa, 415');
  expect(samples.map(({ device, power_w, temperature_c }) => [device, power_w, temperature_c])).toEqual([
    ['0', 412, 51],
    ['1', 228, 36],
  ]);
  expect(reader.skipped).toBe(1);
});

test('xpu-smi: a time without date, N/A', () => {
  const samples = read(
    xpuSmiReader(),
    'Timestamp, DeviceId, GPU Power (W)\n10:00:01.000, 0, 212.40\n10:00:01.000, 1, N/A',
  );
  expect(samples.map(({ device, power_w }) => [device, power_w])).toEqual([
    ['0', 212.4],
    ['1', null],
  ]);
});

test('dcgmi: words apart by spaces, repeated headers, millijoules', () => {
  const reader = dcgmiReader();
  const samples = read(
    reader,
    `#Entity   POWINST   TOTEC   SMCLK   TMPTR
ID        W   mJ   MHz   C
GPU 0     655.125   9000500   1980   62
GPU 1     N/A   N/A   345   33
#Entity   POWINST   TOTEC   SMCLK   TMPTR
GPU 0     655.125`,
  );
  expect(samples).toMatchObject([
    { device: '0', power_w: 655.125, counter_j: 9000.5, clock_mhz: 1980, temperature_c: 62 },
    { device: '1', power_w: null, counter_j: null },
  ]);
  expect(reader.skipped).toBe(1);
});

test('a DCGM exporter: by device, MIG rows once', () => {
  const { samples } = readDcgmExposition(
    [
      'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a"} 409.5',
      'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",GPU_I_ID="1"} 409.5',
      'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a"} 3000',
      'DCGM_FI_DEV_SM_CLOCK{gpu="0",UUID="GPU-a"} 1410',
    ].join('\n'),
  );
  expect(samples).toMatchObject([{ device: '0', power_w: 409.5, counter_j: 3, clock_mhz: 1410 }]);
});

test('ipmitool: by label, whatever the spacing; 0 W only where it says activated', () => {
  const answer = (watts: number, state: string) =>
    readIpmi(
      `    Instantaneous power reading:                   ${watts} Watts\n    Power reading state is:   ${state}`,
    );
  expect(answer(2310, 'activated').samples).toMatchObject([{ device: 'node', power_w: 2310 }]);
  expect(answer(0, 'deactivated').samples).toEqual([]);
});

test('Redfish: the newer resource, the older one, a text for a number, nothing', () => {
  expect(readRedfish('{"PowerWatts":{"Reading":1870.5}}').samples).toMatchObject([{ power_w: 1870.5 }]);
  expect(
    readRedfish('{"PowerControl":[{"PowerConsumedWatts":"344"},{"PowerConsumedWatts":300}]}').samples,
  ).toMatchObject([{ power_w: 344 }]);
  expect(readRedfish('<html>').samples).toEqual([]);
});
