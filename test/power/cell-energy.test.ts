import { expect, test } from 'vitest';
import { cellEnergy } from '../../src/power/cell-energy.ts';
import type { PowerFacts } from '../../src/power/sample.ts';
import { energySchema } from '../../src/run/energy-schema.ts';

const facts: PowerFacts = {
  source: 'amd-smi',
  version: '1',
  scope: 'socket',
  averaging: 'unknown',
  interval_s: 1,
  resolution_w: 1,
  has_counter: true,
  counter_range_j: null,
  devices: ['0'],
};
const judged = {
  devices: [],
  energy_j: 12_000,
  taken_from: 'counter',
  counter_disagreement: 0.02,
  reasons: [],
} as const;
const produced = { outputTokens: 2000, inputTokens: 4000, requests: 50 };

test('joules a token, in all and above idle, over exactly the window', () => {
  const energy = cellEnergy(facts, judged, { from_s: 5, to_s: 25 }, produced, 100);
  expect(energySchema.parse(energy)).toMatchObject({
    power_w: 600,
    joules_per_output_token: { gross: 6, above_idle: 5 },
    joules_per_total_token: { gross: 2, above_idle: 10_000 / 6000 },
    joules_per_request: { gross: 240, above_idle: 200 },
    counter_disagreement_percent: 2,
  });
});

test('an energy that is rejected has no figures, one without idle power none above it', () => {
  const window = { from_s: 5, to_s: 25 };
  expect(
    cellEnergy(facts, { ...judged, energy_j: null, taken_from: null }, window, produced, 100),
  ).toMatchObject({
    power_w: null,
    joules_per_output_token: null,
  });
  expect(cellEnergy(facts, judged, window, produced, null).joules_per_output_token).toEqual({
    gross: 6,
    above_idle: null,
  });
});

test('half of a pair answers for its tokens alone', () => {
  const half = { outputTokens: 2000, inputTokens: null, requests: null };
  expect(cellEnergy(facts, judged, { from_s: 5, to_s: 25 }, half, null)).toMatchObject({
    joules_per_output_token: { gross: 6, above_idle: null },
    joules_per_total_token: null,
    joules_per_request: null,
  });
});
