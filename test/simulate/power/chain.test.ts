import { describe, expect, test } from 'vitest';
import { judgeEnergy } from '../../../src/power/judge-energy.ts';
import type { PowerFacts, PowerSample } from '../../../src/power/sample.ts';
import { amdSmiReader, readCounters } from '../../../src/power/tools/amd-smi.ts';
import { hlSmiReader } from '../../../src/power/tools/hl-smi.ts';
import { nvidiaSmiReader } from '../../../src/power/tools/nvidia-smi.ts';
import { readSensor } from '../../../src/simulate/power/sensor.ts';
import { amdSmiTool } from '../../../src/simulate/power/tools/amd-smi.ts';
import type { PowerReading, Quirk } from '../../../src/simulate/power/tools/fake-tool.ts';
import { hlSmiTool } from '../../../src/simulate/power/tools/hl-smi.ts';
import { nvidiaSmiTool } from '../../../src/simulate/power/tools/nvidia-smi.ts';
import { PowerTrace } from '../../../src/simulate/power/trace.ts';
import { createRandom } from '../../../src/simulate/random.ts';

const ONSET_S = 10;
const END_S = 60;

/** Idle, then from the onset on decode steps with a mixed step now and then, as an engine makes them. */
function loadedTrace(seed: number): PowerTrace {
  const random = createRandom(seed, 0);
  const trace = new PowerTrace(110);
  for (let at = ONSET_S; at < END_S; ) {
    const mixed = random.uniform() < 0.07;
    const end = at + (mixed ? 0.08 : 0.012) * (0.9 + 0.2 * random.uniform());
    trace.add(at, end - 0.001, mixed ? 690 : 420 + 20 * random.normal());
    at = end;
  }
  return trace;
}

const facts: PowerFacts = {
  source: 'fake',
  version: null,
  scope: 'device',
  averaging: 'unknown',
  interval_s: 1,
  resolution_w: 1,
  has_counter: false,
  counter_range_j: null,
  devices: ['0', '1'],
};

/** What the tools see at a time. */
function readingAt(trace: PowerTrace, at: number, quirks: readonly Quirk[]): PowerReading {
  const one = { ...readSensor(trace, 0, at), clock_mhz: 1755, temperature_c: 60, capped: false };
  return { devices: [one, one], limit_w: 700, application_clock_mhz: 1755, quirks };
}

/** The times at which a tool that waits `interval` after each query asks again, with queries that take some milliseconds. */
function times(interval: number, seed: number): number[] {
  const random = createRandom(seed, 1);
  const found: number[] = [];
  for (let at = random.uniform() * interval; at < END_S; at += interval + 0.005 + 0.03 * random.uniform())
    found.push(at);
  return found;
}

type Chain = (
  trace: PowerTrace,
  seed: number,
  quirks: readonly Quirk[],
) => { samples: PowerSample[]; facts: PowerFacts; skipped: number };

const nvidia: Chain = (trace, seed, quirks) => {
  const tool = nvidiaSmiTool([
    '--query-gpu=timestamp,index,power.draw.average,clocks.sm',
    '--format=csv,nounits',
    '-lms',
    '100',
  ]);
  const reader = nvidiaSmiReader('power.draw.average');
  const samples = times(0.1, seed).flatMap((at, tick) =>
    tool.lines(readingAt(trace, at, quirks), tick).flatMap((line) => reader.read(line, at)),
  );
  return {
    samples,
    skipped: reader.skipped,
    facts: { ...facts, averaging: '1s', interval_s: 0.1, resolution_w: 0.01 },
  };
};

const gaudi: Chain = (trace, seed, quirks) => {
  const tool = hlSmiTool([
    '-Q',
    'index,driver_version,power.draw,temperature.aip',
    '-f',
    'csv,noheader,nounits',
    '-l',
    '1',
  ]);
  const reader = hlSmiReader();
  const samples = times(1, seed).flatMap((at, tick) =>
    tool.lines(readingAt(trace, at, quirks), tick).flatMap((line) => reader.read(line, at)),
  );
  return { samples, skipped: reader.skipped, facts };
};

const amd: Chain = (trace, seed, quirks) => {
  const tool = amdSmiTool(['metric', '-p', '-c', '-t', '-u', '-w', '1', '--csv'], 0);
  const reader = amdSmiReader();
  const watts = times(1, seed).flatMap((at, tick) =>
    tool.lines(readingAt(trace, at, quirks), tick).flatMap((line) => reader.read(line, at)),
  );
  const counters = times(1, seed + 1).flatMap((at, number) =>
    readCounters(
      amdSmiTool(['metric', '-E', '--csv'], number)
        .lines(readingAt(trace, at, quirks), 0)
        .join('\n'),
    ).samples.map((sample) => ({ ...sample, at_s: at, power_w: null })),
  );
  const samples = [...watts, ...counters].sort((a, b) => a.at_s - b.at_s);
  return { samples, skipped: reader.skipped, facts: { ...facts, has_counter: true } };
};

const CHAINS: Readonly<Record<string, Chain>> = { 'nvidia-smi': nvidia, 'amd-smi': amd, 'hl-smi': gaudi };
const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

function measured(name: string, seed: number, seconds: number, quirks: readonly Quirk[] = []) {
  const trace = loadedTrace(seed);
  const { samples, facts: of, skipped } = CHAINS[name]!(trace, seed, quirks);
  const from_s = ONSET_S + 2 + createRandom(seed, 2).uniform();
  const window = { from_s, to_s: from_s + seconds };
  const judged = judgeEnergy({
    facts: of,
    samples,
    window,
    expected: ['0', '1'],
    rowsSkipped: skipped,
    rowsUntimed: 0,
    failed: null,
    tokens: 1,
  });
  const error =
    judged.energy_j === null ? null : judged.energy_j / (2 * trace.energy(window.from_s, window.to_s)) - 1;
  return { error, codes: judged.reasons.map(({ code }) => code), judged };
}

describe.each(Object.keys(CHAINS))('known energy through %s', (name) => {
  test('30 s that open 2 s or more after load onset: within 1 %', () => {
    for (const seed of SEEDS) {
      const { error, codes } = measured(name, seed, 30);
      expect(Math.abs(error!), `seed ${seed}: ${codes}`).toBeLessThan(0.01);
    }
  });

  test('unknown cells, repeated headers and torn rows change nothing of it; torn rows are counted', () => {
    for (const seed of SEEDS) {
      const { error, codes } = measured(name, seed, 30, ['unknown', 'headers', 'garbage']);
      expect(Math.abs(error!), `seed ${seed}: ${codes}`).toBeLessThan(0.01);
      if (name === 'nvidia-smi') expect(codes).toContain('rows_skipped');
    }
  });
});

describe('10 s', () => {
  test.each(['nvidia-smi', 'amd-smi'])('%s, at 10 Hz or with a counter: within 3 %%', (name) => {
    for (const seed of SEEDS) expect(Math.abs(measured(name, seed, 10.01).error!)).toBeLessThan(0.03);
  });

  test('hl-smi, once a second and without a counter: too few samples, no figure', () => {
    for (const seed of SEEDS) {
      expect(measured('hl-smi', seed, 10.01)).toMatchObject({
        error: null,
        codes: expect.arrayContaining(['too_few_samples']),
      });
    }
  });
});

test('a counter that runs backwards is not believed: the integral is taken, within 1 %', () => {
  for (const seed of SEEDS) {
    const { error, codes, judged } = measured('amd-smi', seed, 30, ['backward']);
    expect(judged.taken_from).toBe('integral');
    expect(codes).toContain('counter_backward');
    expect(Math.abs(error!)).toBeLessThan(0.01);
  }
});

test('a window that opens with the load shows what a sensor that averages over a second hides', () => {
  const trace = loadedTrace(1);
  const { samples, facts: of } = nvidia(trace, 1, []);
  const window = { from_s: ONSET_S, to_s: ONSET_S + 10.01 };
  const { energy_j } = judgeEnergy({
    facts: of,
    samples,
    window,
    expected: ['0', '1'],
    rowsSkipped: 0,
    rowsUntimed: 0,
    failed: null,
    tokens: 1,
  });
  expect(energy_j! / (2 * trace.energy(window.from_s, window.to_s)) - 1).toBeLessThan(-0.02);
});
