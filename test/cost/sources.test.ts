import { expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { bindCard } from '../../src/accelerator/peaks.ts';
import type { PhaseSource } from '../../src/cost/phase-source.ts';
import { carriedSource, fitSource } from '../../src/cost/sources/from-fit.ts';
import { modelOf } from '../../src/fitfile/apply.ts';
import { readFit } from '../../src/fitfile/read.ts';
import { unmeasuredModel } from '../../src/predict/unmeasured-server.ts';
import { stepTime } from '../../src/roofline/step.ts';
import { ANY, CARD, specOf } from './devices.ts';

const fit = await readFit('fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json');
const workload = { input: 4096, output: 2048 };
const { central, notes, draw } = fitSource(fit, workload, 'h100-sxm');

test('a fit prices a prompt as the roofline does: one step for what fits it, chunks for what does not', () => {
  const { parameters, card } = modelOf(fit);
  const chunk = (tokens: number, context: number, completes: boolean): number =>
    stepTime(card, parameters, 4, {
      prefills: [{ tokens, context, completes }],
      decodes: 0,
      decodeContext: 0,
    }).total;
  expect(central.step_tokens).toBe(8192);
  expect(central.prefillSeconds(4, 1, 4096)).toBeCloseTo(chunk(4096, 0, true), 12);
  expect(central.prefillSeconds(4, 1, 12_288)).toBeCloseTo(
    chunk(8192, 0, false) + chunk(4096, 8192, true),
    12,
  );
  expect(central.prefillSeconds(4, 4, 4096)).toBeCloseTo(2 * central.prefillSeconds(4, 2, 4096), 12);
  expect(central.prefillSeconds(4, 2, 4096)).toBeLessThan(2 * central.prefillSeconds(4, 1, 4096));
});

test('a prompt beside decodes costs less than alone: weights are read once', () => {
  const alone = central.prefillSeconds(4, 1, 512);
  const beside = central.mixedPrefillSeconds(4, 32, 4096, 512);
  expect(beside).toBeGreaterThan(0);
  expect(beside).toBeLessThan(alone);
});

test('TP sizes are those measured, capacity that of the server; the range is told', () => {
  expect(central.tp_sizes).toEqual(fit.range.tensor_parallel);
  const measured = fit.targets.find(({ tensor_parallel }) => tensor_parallel === 4)!;
  expect(central.kvCapacityTokens(4)).toBe(measured.kv_capacity_tokens);
  expect(notes.join()).toMatch(/^h100-sxm: vllm .* reaches \d+ % of dense compute, \d+ % of bandwidth$/);
  const far = fitSource(fit, { input: 100_000, output: 100 }, 'h100-sxm');
  expect(far.notes.join()).toMatch(/input 100000 is outside the measured 1024 to 8192/);
  expect(far.interval).toBe(false);
});

const seconds = (source: PhaseSource): number => source.decodeSeconds(4, 64, 4096);

test('draws scatter about the value, alike for one index, and no wider than the fit is unsure', () => {
  const logs = Array.from({ length: 200 }, (_, index) => Math.log(seconds(draw(index)) / seconds(central)));
  const mean = logs.reduce((sum, one) => sum + one, 0) / logs.length;
  const sd = Math.sqrt(logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / logs.length);
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(sd).toBeGreaterThan(0.01);
  expect(sd).toBeLessThan(0.1);
  expect(seconds(draw(7))).toBe(seconds(draw(7)));
  expect(seconds(draw(7))).not.toBe(seconds(draw(8)));
});

test('batches beyond those measured are less sure', () => {
  const spread = (batch: number): number => {
    const logs = Array.from({ length: 100 }, (_, index) =>
      Math.log(draw(index).decodeSeconds(4, batch, 1024) / central.decodeSeconds(4, batch, 1024)),
    );
    return Math.sqrt(logs.reduce((sum, one) => sum + one ** 2, 0) / logs.length);
  };
  expect(spread(256)).toBeGreaterThan(spread(64));
});

test('a fit carried to its own device is the fit; to another it scales with the spec sheet and shares its draws', () => {
  const h100 = findAccelerator('h100-sxm');
  const same = carriedSource(fit, { accelerator: h100, model: fit.model_card }, workload, 'same');
  expect(same.central.prefillSeconds(4, 1, 4096)).toBeCloseTo(central.prefillSeconds(4, 1, 4096), 9);
  const gaudi = findAccelerator('gaudi3');
  const carried = carriedSource(fit, { accelerator: gaudi, model: fit.model_card }, workload, 'gaudi3');
  expect(carried.central.origin).toBe('carried_fit');
  expect(carried.notes[0]).toContain('not measured');
  // Bandwidth 3700 over 3350 GB/s; overheads keep their seconds, and the fit's table of kernels stays with its device.
  const bare = fitSource({ ...fit, residual_table: null }, workload, 'h100-sxm').central;
  const faster = seconds(bare) / seconds(carried.central);
  expect(faster).toBeGreaterThan(1);
  expect(faster).toBeLessThan(3700 / 3350);
  const logs = Array.from({ length: 200 }, (_, index) => [
    Math.log(seconds(draw(index)) / seconds(central)),
    Math.log(seconds(carried.draw(index)) / seconds(carried.central)),
  ]);
  const covariance = logs.reduce((sum, [a, b]) => sum + a! * b!, 0);
  expect(covariance).toBeGreaterThan(0);
  expect(bindCard(fit.model_card, gaudi).compute_format).toBe(fit.model_card.compute_format);
});

test('a spec sheet is wider than a fit, and one without a peak or memory is refused', () => {
  const spec = specOf('h100-sxm');
  const spread = (source: PhaseSource, of: (index: number) => PhaseSource): number => {
    const logs = Array.from({ length: 100 }, (_, index) => Math.log(seconds(of(index)) / seconds(source)));
    return Math.sqrt(logs.reduce((sum, one) => sum + one ** 2, 0) / logs.length);
  };
  expect(spread(spec.central, spec.draw)).toBeGreaterThan(2 * spread(central, draw));
  expect(() => specOf('mi350x')).toThrow(/'mi350x' lacks memory_bytes/);
  expect(spec.central.kvCapacityTokens(1)).toBeLessThan(spec.central.kvCapacityTokens(2));
});

test('a device without a fit of the model is what ridge predict --model expects of it, and times of the host are shared', () => {
  const [h100, b200] = ['h100-sxm', 'b200-sxm'].map((id) => specOf(id));
  const server = { device: ANY, accelerator: findAccelerator('h100-sxm'), card: CARD, engine: 'vllm' };
  const { card, parameters } = unmeasuredModel(server);
  const load = { prefills: [], decodes: 16, decodeContext: 2048 };
  expect(h100!.central.decodeSeconds(2, 16, 2048)).toBeCloseTo(stepTime(card, parameters, 2, load).total, 9);
  const overheads = (source: typeof h100): number[] =>
    Array.from({ length: 60 }, (_, index) =>
      Math.log(source!.draw(index).request_overhead_s / source!.central.request_overhead_s),
    );
  const [ours, theirs] = [overheads(h100), overheads(b200)];
  for (const [index, one] of ours.entries()) expect(one).toBeCloseTo(theirs[index]!, 1);
  const sd = Math.sqrt(ours.reduce((sum, one) => sum + one ** 2, 0) / ours.length);
  expect(sd).toBeGreaterThan(0.3);
});

test('a server that was set up for each shape is set up for the workload', () => {
  const targets = fit.targets.map((one) => ({ ...one, budget_margin_tokens: 1500 }));
  const own = fitSource({ ...fit, targets }, workload, 'h100-sxm').central;
  expect(own.step_tokens).toBe(workload.input + fit.range.concurrency[1] + 1500);
  expect(own.step_tokens).not.toBe(central.step_tokens);
});
