import { describe, expect, test } from 'vitest';
import { type EnergyEvidence, judgeEnergy } from '../../src/power/judge-energy.ts';
import { blankSample, type PowerFacts, type PowerSample } from '../../src/power/sample.ts';

const facts: PowerFacts = {
  source: 'nvidia-smi',
  version: null,
  scope: 'device',
  averaging: 'instant',
  interval_s: 0.1,
  resolution_w: 0.01,
  has_counter: false,
  counter_range_j: null,
  devices: ['0', '1'],
};

/** Two devices at 300 and 500 W from 0 to 60 s. */
function steady(
  interval: number,
  change: (sample: PowerSample) => PowerSample = (one) => one,
): PowerSample[] {
  return Array.from({ length: Math.round(60 / interval) + 1 }, (_, index) => index * interval).flatMap(
    (at_s) =>
      ['0', '1'].map((device) =>
        change({ ...blankSample(device, at_s), power_w: device === '0' ? 300 : 500, throttle: [] }),
      ),
  );
}

const evidence = (more: Partial<EnergyEvidence> = {}): EnergyEvidence => ({
  facts,
  samples: steady(0.1),
  window: { from_s: 10, to_s: 45 },
  expected: ['0', '1'],
  rowsSkipped: 0,
  rowsUntimed: 0,
  failed: null,
  tokens: 1000,
  ...more,
});
const codes = (more: Partial<EnergyEvidence>): string[] =>
  judgeEnergy(evidence(more)).reasons.map(({ code }) => code);
const slow = { ...facts, interval_s: 1 };

test('a sound window: the sum over the devices, no reason', () => {
  expect(judgeEnergy(evidence())).toMatchObject({
    energy_j: expect.closeTo(800 * 35, 6),
    taken_from: 'integral',
    reasons: [],
  });
});

describe('each code', () => {
  test.each<[string, Partial<EnergyEvidence>]>([
    ['window_invalid', { window: null }],
    ['window_invalid', { window: { from_s: 5, to_s: 5 } }],
    ['telemetry_missing', { samples: [] }],
    ['telemetry_missing', { failed: 'nvidia-smi ended (1)' }],
    ['device_missing', { expected: ['0', '1', '2'] }],
    ['not_bracketed', { window: { from_s: 40, to_s: 61 } }],
    ['gap_exceeded', { samples: steady(0.1).filter(({ at_s }) => at_s < 20 || at_s > 21) }],
    ['too_few_samples', { facts: slow, samples: steady(1), window: { from_s: 10, to_s: 22 } }],
    ['window_too_short', { window: { from_s: 10, to_s: 19 } }],
    ['window_short_for_sensor', { facts: { ...facts, averaging: '1s' }, window: { from_s: 10, to_s: 25 } }],
    ['no_tokens', { tokens: 0 }],
    [
      'power_cell_invalid',
      { samples: steady(0.1, (one) => (one.at_s === 20 ? { ...one, bad: true } : one)) },
    ],
    [
      'column_missing',
      {
        samples: steady(0.1, (one) => ({ ...one, power_w: null, lacks: 'no power column among gpu, watts' })),
      },
    ],
    ['timestamp_invalid', { rowsUntimed: 1 }],
    ['rows_skipped', { rowsSkipped: 2 }],
    ['throttled', { samples: steady(0.1, (one) => ({ ...one, throttle: ['thermal'] })) }],
    ['power_capped', { samples: steady(0.1, (one) => ({ ...one, throttle: ['power_cap'] })) }],
  ])('%s', (code, more) => expect(codes(more)).toContain(code));

  test('what is rejected has no energy; what is flagged, warned of or noted keeps it', () => {
    expect(judgeEnergy(evidence({ expected: ['0', '1', '2'] })).energy_j).toBeNull();
    expect(judgeEnergy(evidence({ rowsSkipped: 3 })).energy_j).not.toBeNull();
    const capped = steady(0.1, (one) => ({ ...one, throttle: ['power_cap'] }));
    expect(judgeEnergy(evidence({ samples: capped })).energy_j).not.toBeNull();
  });

  test('a broken reading counts as far around the window as a gap may reach', () => {
    // 0.1 s between readings: gaps of 0.5 s.
    const brokenAt = (time: number) =>
      codes({ samples: steady(0.1, (one) => ({ ...one, bad: Math.abs(one.at_s - time) < 0.01 })) });
    expect(brokenAt(9.6)).toContain('power_cell_invalid');
    expect(brokenAt(45.4)).toContain('power_cell_invalid');
    expect(brokenAt(9.3)).toEqual([]);
    expect(brokenAt(45.6)).toEqual([]);
  });

  test('a gap of a slow source is another length', () => {
    const without = (from: number, to: number) => steady(1).filter(({ at_s }) => at_s <= from || at_s >= to);
    expect(codes({ facts: slow, samples: without(20, 23) })).not.toContain('gap_exceeded');
    expect(codes({ facts: slow, samples: without(20, 24) })).toContain('gap_exceeded');
  });
});

describe('counters', () => {
  const counted = { ...facts, has_counter: true };
  const counting = (rate: number) =>
    steady(0.1, (one) => ({ ...one, counter_j: rate * (one.power_w ?? 0) * one.at_s }));

  test('are preferred, with their disagreement', () => {
    expect(judgeEnergy(evidence({ facts: counted, samples: counting(1.02) }))).toMatchObject({
      energy_j: expect.closeTo(1.02 * 800 * 35, 3),
      taken_from: 'counter',
      counter_disagreement: expect.closeTo(0.02, 6),
      reasons: [],
    });
  });

  test('that disagree by more than 5 % are flagged', () => {
    expect(codes({ facts: counted, samples: counting(1.06) })).toEqual(['counter_disagrees']);
  });

  test.each([
    ['counter_backward', steady(0.1, (one) => ({ ...one, counter_j: -one.at_s }))],
    ['counter_unavailable', steady(0.1)],
    ['counter_implausible', steady(0.1, (one) => ({ ...one, counter_j: 5 }))],
  ])('%s leaves the integral', (code, samples) => {
    const judged = judgeEnergy(evidence({ facts: counted, samples }));
    expect(judged.taken_from).toBe('integral');
    expect(judged.reasons.map((reason) => reason.code)).toEqual([code]);
  });

  test('make up for few readings of a slow source', () => {
    const samples = steady(1, (one) => ({ ...one, counter_j: (one.power_w ?? 0) * one.at_s }));
    const window = { from_s: 10, to_s: 20.5 };
    expect(judgeEnergy(evidence({ facts: { ...slow, has_counter: true }, samples, window }))).toMatchObject({
      energy_j: expect.closeTo(800 * 10.5, 3),
      reasons: [],
    });
  });
});

test('a window that something cut says what it was', () => {
  const cut = 'the trace ended';
  const messages = (more: Partial<EnergyEvidence>): string[] =>
    judgeEnergy(evidence({ cut, facts: slow, samples: steady(1), ...more })).reasons.map(
      ({ code, message }) => `${code}: ${message}`,
    );
  expect(messages({ window: { from_s: 10, to_s: 18 } })).toEqual([
    'too_few_samples: 8 readings of device 0 in the window: the trace ended',
    'window_too_short: the window is 8.0 s long: the trace ended',
  ]);
  expect(messages({ window: null })).toEqual([
    'window_invalid: the cell has no steady window: the trace ended',
  ]);
  expect(messages({ window: { from_s: 10, to_s: 45 } })).toEqual([]);
});
