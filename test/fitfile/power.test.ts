import { describe, expect, test } from 'vitest';
import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import { powerText } from '../../src/commands/power-text.ts';
import { EXAMPLE_TOLERANCE, reproduceExamples } from '../../src/fitfile/gates-examples.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { parseFit } from '../../src/fitfile/parse.ts';
import { predict } from '../../src/predict/predict.ts';
import { plainStyle } from '../../src/report/style.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import { accelerator, card, suite, truth } from '../fit/virtual.ts';

const devices = [1, 2].map((tensorParallel) =>
  createDevice({ accelerator, card, tensorParallel, parameters: truth, seed: 1 }),
);
const options = { bootstrap: 0, createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.0.0' };
const run = virtualRun(suite, devices, { seed: 1, stampErrorSeconds: 0.2e-3, powerError: 0.01 });
const fit = makeFit([run], options);
const { power } = devices[0]!;

describe('a fit of a run that measured power', () => {
  test('holds the energies that the device spends', () => {
    const section = fit.power!;
    for (const [name, one] of Object.entries(section.parameters)) {
      const z =
        Math.log(one.value / power[name as keyof typeof power]) /
        (one.log_standard_error ?? one.prior.log_sd);
      expect(Math.abs(z), name).toBeLessThan(3);
    }
    expect(section.measured_idle_power_w).toBeCloseTo(power.idle_power_w, 6);
    expect(section.validation.in_sample.mape).toBeLessThan(3);
  });

  test('is checked on cells that it did not see, beside simpler predictions', () => {
    const shapes = fit.power!.validation.blocked.find(({ kind }) => kind === 'shape')!;
    expect(shapes.errors!.mape).toBeLessThan(8);
    expect(shapes.baselines.map(({ name }) => name)).toContain('limit always');
    expect(shapes.baselines.find(({ name }) => name === 'limit always')!.errors!.mape).toBeGreaterThan(20);
  });

  test('predicts watts and joules of a cell that was kept from it', () => {
    const held = run.records.find(({ cell, target }) => cell.hold_out && target === 'sim-tp2')!;
    const { energy, output_tokens_per_s } = predict(fit, { input: 512, output: 128, concurrency: 16, tp: 2 });
    expect(energy!.power_w.value! / held.energy!.power_w!).toBeCloseTo(1, 1);
    expect(energy!.joules_per_output_token.value).toBeCloseTo(
      energy!.power_w.value! / output_tokens_per_s.value!,
      9,
    );
    const [low, high] = energy!.joules_per_output_token.interval_90!;
    expect(low).toBeLessThan(energy!.joules_per_output_token.value!);
    expect(high).toBeGreaterThan(energy!.joules_per_output_token.value!);
  });

  test('outside what was measured its intervals widen with the distance, too far there are none', () => {
    const widthOf = (output: number): number => {
      const [low, high] = predict(fit, { input: 512, output, concurrency: 16, tp: 2 }).energy!.power_w
        .interval_90!;
      return Math.log(high / low);
    };
    expect(widthOf(512) / widthOf(256)).toBeGreaterThan(1.6);
    expect(predict(fit, { input: 512, output: 4096, concurrency: 16, tp: 2 }).energy).toBeNull();
  });

  test('is read back as it was written, and told in words', () => {
    expect(parseFit(canonicalJson(fit), 'fit.json').power).toEqual(fit.power);
    const text = powerText(fit.power!, plainStyle);
    expect(text).toMatch(/energy_per_byte_j/);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

test('steps with their expected powers stand beside it; one that was changed is seen', () => {
  const { power: section } = fit;
  expect(section!.examples).toHaveLength(8);
  for (const { expected } of section!.examples!) {
    expect(expected.power_w).toBeGreaterThan(section!.parameters.idle_power_w.value);
    expect(expected.power_w).toBeLessThanOrEqual(700);
  }
  expect(reproduceExamples(fit)).toMatchObject({ largest: 0 });
  const [first, ...rest] = section!.examples!;
  const wrong = { ...first!, expected: { ...first!.expected, power_w: first!.expected.power_w * 1.001 } };
  const changed = { ...fit, power: { ...section!, examples: [wrong, ...rest] } };
  const { largest, worst } = reproduceExamples(changed);
  expect(largest).toBeGreaterThan(EXAMPLE_TOLERANCE);
  expect(worst).toMatch(/^power_w of a step of 1 decodes/);
});

test('a run that measured none has no power section, and says nothing of it', () => {
  const plain = makeFit([virtualRun(suite, devices, { seed: 1, stampErrorSeconds: 0.2e-3 })], options);
  expect(plain).not.toHaveProperty('power');
  expect(predict(plain, { input: 512, output: 128, concurrency: 16, tp: 2 }).energy).toBeNull();
});
