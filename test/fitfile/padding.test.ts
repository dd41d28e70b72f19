import { expect, test } from 'vitest';
import { paddedPredictionText, paddingQuestionText, paddingText } from '../../src/commands/padding-text.ts';
import { unmeasuredText } from '../../src/commands/unmeasured-text.ts';
import { serviceOf } from '../../src/cost/fleet/service.ts';
import { fitSource } from '../../src/cost/sources/from-fit.ts';
import type { DatasetFit } from '../../src/fit/fit-dataset.ts';
import type { Observation } from '../../src/fit/observations.ts';
import { answeredBy } from '../../src/fitfile/answered.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { paddingQuestion } from '../../src/fitfile/build-padding.ts';
import { devicePadding } from '../../src/fitfile/device-padding.ts';
import { readDevice } from '../../src/fitfile/device-read.ts';
import { exampleMeans } from '../../src/fitfile/examples.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { fitSchema } from '../../src/fitfile/schema.ts';
import { withPlainNames } from '../../src/fitfile/strip-names.ts';
import { withDigest } from '../../src/fitfile/write.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { predict } from '../../src/predict/predict.ts';
import { predictUnmeasured } from '../../src/predict/predict-unmeasured.ts';
import { plainStyle } from '../../src/report/style.ts';
import { StepPricer } from '../../src/roofline/step-pricer.ts';
import { AttentionWork, stepWork } from '../../src/roofline/step-work.ts';
import type { ReadPadding } from '../../src/run/read-padding.ts';
import { cellsOf } from '../fit/made-cells.ts';
import { fewCells, measured, withBuckets } from '../fit/padding/gaudi.ts';

const run = withBuckets(measured({ buckets: 'warm' }, fewCells));
const fit = makeFit([run], {
  createdAt: '2026-01-15T12:00:00.000Z',
  toolVersion: '0.1.0',
  bootstrap: 0,
  predictor: 'closed_form',
});
const { digest: _, ...content } = fit;
const without = withDigest({ ...content, padding: { ...fit.padding!, used: false } });
const unfolded = (text: string | null): string => text!.replace(/\s+/g, ' ');

test('a fit file says what steps are padded to, where that was read, and how well fits with and without it predict', () => {
  expect(fitSchema.parse(fit)).toEqual(fit);
  const { targets, used, cost_ratio, tried, ...scores } = fit.padding!;
  expect(used).toBe(true);
  expect(tried).toEqual([]);
  expect(cost_ratio).toBeLessThan(0.6);
  expect(targets).toMatchObject([{ target: 'sim-tp1', source: 'config', block_size: 16 }]);
  expect(targets[0]!.query).toEqual([128, 256, 512, 1024, 2048, 4096, 8192]);
  expect(targets[0]!.context_blocks!.at(-1)).toBe(8192);
  expect(scores.with.in_sample.tpot_mape).toBeLessThan(scores.without.in_sample.tpot_mape!);
  expect(scores.without.hold_out!.tpot_mape).toBeGreaterThan(2 * scores.with.hold_out!.tpot_mape!);
  expect(scores.with.left_out).toEqual({ ttft_mape: expect.any(Number), tpot_mape: expect.any(Number) });
});

test('predictions from it are of padded steps, its examples too', () => {
  const asked = { input: 700, output: 128, concurrency: 18 };
  const [padded, plain] = [predict(fit, asked), predict(without, asked)];
  expect(padded.tpot_ms.value).toBeGreaterThan(1.05 * plain.tpot_ms.value!);
  const held = fit.validation.hold_out!.cells.find(
    ({ concurrency, metric }) => concurrency === 18 && metric === 'tpot_ms',
  )!;
  expect(padded.tpot_ms.value! / held.measured).toBeCloseTo(1, 1.3);
  for (const example of fit.examples) {
    expect(exampleMeans(fit, example).ttftSeconds * 1e3).toBeCloseTo(example.expected.ttft_ms!, 6);
  }
});

test('a model that was never measured there is taken to be padded alike, unless fits do not agree', async () => {
  const sizes = settingsFor(fit, 1).padding;
  expect(devicePadding([fit], 'h100-sxm', 'vllm')).toEqual(sizes);
  expect(devicePadding([fit, without], 'h100-sxm', null)).toBe('differs');
  const { padding: _, ...silent } = fit;
  expect(devicePadding([fit, withDigest(silent)], 'h100-sxm', 'vllm')).toEqual(sizes);
  expect(devicePadding([fit], 'h100-sxm', 'sglang')).toBeNull();
  expect(devicePadding([fit], 'gaudi3', 'vllm')).toBeNull();
  const card = builtInCard('llama-3.1-70b-fp8')!;
  const { accelerator } = fit;
  const server = { device: await readDevice('fits/h100-sxm/device.json'), accelerator, card, engine: 'vllm' };
  const shape = { input: 5000, output: 128, concurrency: 18, tp: 4 };
  const [bare, alike, unsure] = [undefined, sizes, 'differs' as const].map((padding) =>
    predictUnmeasured({ ...server, padding }, shape),
  );
  expect(alike!.tpot_ms.value!).toBeGreaterThan(1.01 * bare!.tpot_ms.value!);
  expect(unsure!.tpot_ms).toEqual(bare!.tpot_ms);
  const told = (prediction: typeof bare) => unfolded(unmeasuredText(prediction!, false, plainStyle));
  expect(told(alike)).toContain('steps are padded as in fits of this device: 9 batch sizes to 256');
  expect(told(unsure)).toContain('fits of this device pad steps to different sizes: none are assumed');
  expect(told(bare)).not.toContain('padded');
});

test('cells that are held against it have its padding', () => {
  const cells = cellsOf([{ input: 700, output: 128, concurrency: 5 }]);
  expect(answeredBy(fit, cells, [])[0]!.engine.padding).toEqual(settingsFor(fit, 1).padding);
  expect(answeredBy(without, cells, [])[0]!.engine).not.toHaveProperty('padding');
});

test('a published fit keeps the padding of targets by their new names', () => {
  const { content: renamed } = withPlainNames(structuredClone(fit) as unknown as Record<string, unknown>);
  expect(settingsFor(renamed as unknown as typeof fit, 1).padding).toEqual(settingsFor(fit, 1).padding);
  expect(JSON.stringify(renamed)).not.toContain('sim-tp1');
});

test('reports say it in a line', () => {
  expect(unfolded(paddingText(fit))).toMatch(
    /^padding \(used\): 9 batch sizes to 256, 7 prompt sizes to 8192 tokens, 17 KV sizes to 65536 blocks, 14 context sizes to 8192 blocks, as the server or the lab states; kept cells TTFT [\d.]+ %, TPOT [\d.]+ % with it, TTFT [\d.]+ %, TPOT [\d.]+ % without$/,
  );
  expect(paddedPredictionText(fit)).toBe(
    'steps are padded: 9 batch sizes to 256, 7 prompt sizes to 8192 tokens, 17 KV sizes to 65536 blocks, 14 context sizes to 8192 blocks (as the server or the lab states)',
  );
  expect(paddingText(without)).toContain('padding (not used: cells are explained better without)');
  expect(paddedPredictionText(without)).toBeNull();
  expect([paddingText({}), paddedPredictionText({})]).toEqual([null, null]);
});

test('what the cells leave open of it is said, with the cells that would tell', () => {
  const asked = (id: string, unsurePadding?: DatasetFit['unsurePadding'], read?: ReadPadding) =>
    paddingQuestion(
      { answered: { accelerator: { id } }, ...(unsurePadding && { unsurePadding }) } as DatasetFit,
      [{ ...(read && { read_padding: read }) } as Observation],
    );
  const unsure = asked('h100-sxm', { value: 'doubling_shapes', cost_ratio: 0.8 });
  expect(unfolded(paddingQuestionText(unsure).join())).toBe(
    'open, padding: static shapes in powers of two would explain these cells 20 % better, too little to say that steps are padded. It would tell: prompts of 1000 and of 1100 tokens alone, and 12 streams of 586 and of 656 tokens: just below and just above a power of two, as suites/padding.yaml has them',
  );
  expect(fitSchema.shape.open_questions.parse(unsure.open_questions)).toEqual(unsure.open_questions);
  expect(asked('gaudi3').open_questions![0]!.why).toContain('padded to static shapes');
  const none = { batch: null, query: null, kv_blocks: null, block_size: 16, source: 'log' } as const;
  expect([asked('h100-sxm'), asked('gaudi3', undefined, none)]).toEqual([{}, {}]);
  expect(paddingQuestionText({})).toEqual([]);
});

test('costs and fleets of it are of padded steps', () => {
  const workload = { input: 700, output: 128 };
  const step = (of: typeof fit): number => fitSource(of, workload, 'x').central.decodeSeconds(1, 9, 700);
  const served = (of: typeof fit): number =>
    serviceOf(of, { label: 'x', tp: 1, workload }).decodeSeconds(9, 700);
  const seconds = scheduleStep(fit, 9, 700);
  expect(step(fit)).toBeCloseTo(seconds, 9);
  expect(served(fit)).toBeCloseTo(seconds, 9);
  expect(step(without)).toBeLessThan(0.99 * seconds);
});

/** A step of decodes by the fit's own parameters, without its correction by batch size. */
function scheduleStep(of: typeof fit, decodes: number, context: number): number {
  const { card, parameters, residual_table } = modelOf(of);
  expect(residual_table).toBeNull();
  const attention = new AttentionWork(card, undefined, settingsFor(of, 1).padding);
  const work = stepWork(attention, { decodes, decodeContext: context, prefills: [] });
  return new StepPricer(card, parameters, 1).seconds(work);
}
