import { expect, test } from 'vitest';
import { cellEnergy } from '../../src/power/cell-energy.ts';
import type { DeviceEnergy } from '../../src/power/energy.ts';
import type { JudgedEnergy } from '../../src/power/judge-energy.ts';
import { pairEnergy } from '../../src/power/pair-energy.ts';
import { energySchema } from '../../src/run/energy-schema.ts';

const facts = {
  source: 'amd-smi',
  version: '1',
  scope: 'socket',
  averaging: 'unknown',
  interval_s: 1,
  resolution_w: 1,
  has_counter: true,
  counter_range_j: null,
  devices: ['0'],
} as const;
const device: DeviceEnergy = {
  device: '0',
  samples: 20,
  longest_gap_s: 1,
  bracketed: true,
  bad: false,
  lacks: null,
  integral_j: 1,
  counter: { state: 'unavailable' },
  mean_clock_mhz: null,
  temperature_c: null,
};
const window = { from_s: 0, to_s: 20 };
const energy = (energy_j: number | null, more: Partial<JudgedEnergy> = {}) =>
  cellEnergy(
    facts,
    {
      devices: [device],
      energy_j,
      taken_from: energy_j === null ? null : 'counter',
      counter_disagreement: 0.02,
      reasons: [],
      ...more,
    },
    window,
    { outputTokens: 0, inputTokens: null, requests: null },
    100,
  );
const produced = { outputTokens: 2000, inputTokens: 8000, requests: 40, seconds: 20 };
const decode = { energy: energy(9000), tokens: 2000 };

test('a pair spends what both its servers do, and each one says what a token of its own work costs', () => {
  const sum = pairEnergy({ energy: energy(3000), tokens: 8000 }, decode, produced);
  expect(energySchema.parse(sum)).toMatchObject({
    energy_j: 12_000,
    power_w: 600,
    idle_power_w: 200,
    taken_from: 'counter',
    counter_disagreement_percent: 2,
    joules_per_output_token: { gross: 6, above_idle: 4 },
    joules_per_total_token: { gross: 1.2, above_idle: 0.8 },
    joules_per_request: { gross: 300, above_idle: 200 },
    reasons: [],
  });
  expect(sum.devices.map((one) => one.device)).toEqual(['prefill:0', '0']);
  expect(sum.halves).toMatchObject([
    { role: 'prefill', energy_j: 3000, joules_per_token: { gross: 0.375, above_idle: 0.125 } },
    { role: 'decode', energy_j: 9000, joules_per_token: { gross: 4.5, above_idle: 3.5 } },
  ]);
});

test('counters of one server and integrals of the other are no counter', () => {
  const others = energy(3000, { taken_from: 'integral', counter_disagreement: null });
  expect(pairEnergy({ energy: others, tokens: 8000 }, decode, produced)).toMatchObject({
    energy_j: 12_000,
    taken_from: 'integral',
    counter_disagreement_percent: null,
  });
});

test('a server that is not read leaves no sum, and the cell says which; the other one keeps its own', () => {
  const half = pairEnergy(null, decode, produced);
  expect(energySchema.parse(half)).toMatchObject({
    energy_j: null,
    power_w: null,
    idle_power_w: null,
    joules_per_output_token: null,
    reasons: [{ code: 'device_missing', effect: 'reject' }],
    halves: [{ role: 'decode', energy_j: 9000, joules_per_token: { gross: 4.5 } }],
  });
  expect(half.reasons[0]!.message).toContain('prefill.power');
});

test('an energy of one server that is rejected leaves no sum, and its reason names the server', () => {
  const reasons = [{ code: 'not_bracketed', effect: 'reject', message: 'device 0 has no reading' }] as const;
  const sum = pairEnergy({ energy: energy(null, { reasons }), tokens: 8000 }, decode, produced);
  expect(sum).toMatchObject({ energy_j: null, taken_from: null, power_w: null, joules_per_request: null });
  expect(sum.reasons).toMatchObject([{ message: 'prefill server: device 0 has no reading' }]);
  expect(sum.halves!.map(({ energy_j }) => energy_j)).toEqual([null, 9000]);
});
