import { expect, test } from 'vitest';
import { paddedPredictionText, paddingText } from '../../src/commands/padding-text.ts';
import { serviceOf } from '../../src/cost/fleet/service.ts';
import { fitSource } from '../../src/cost/sources/from-fit.ts';
import { answeredBy } from '../../src/fitfile/answered.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { exampleMeans } from '../../src/fitfile/examples.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { fitSchema } from '../../src/fitfile/schema.ts';
import { withPlainNames } from '../../src/fitfile/strip-names.ts';
import { withDigest } from '../../src/fitfile/write.ts';
import { predict } from '../../src/predict/predict.ts';
import { StepPricer } from '../../src/roofline/step-pricer.ts';
import { AttentionWork, stepWork } from '../../src/roofline/step-work.ts';
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
    /^padding \(used\): 9 batch sizes to 256, 7 prompt sizes to 8192 tokens, 17 KV sizes to 65536 blocks, as the server or the lab states; kept cells TTFT [\d.]+ %, TPOT [\d.]+ % with it, TTFT [\d.]+ %, TPOT [\d.]+ % without$/,
  );
  expect(paddedPredictionText(fit)).toBe(
    'steps are padded: 9 batch sizes to 256, 7 prompt sizes to 8192 tokens, 17 KV sizes to 65536 blocks (as the server or the lab states)',
  );
  expect(paddingText(without)).toContain('padding (not used: cells are explained better without)');
  expect(paddedPredictionText(without)).toBeNull();
  expect([paddingText({}), paddedPredictionText({})]).toEqual([null, null]);
});

test('costs and fleets of it are of padded steps', () => {
  const workload = { input: 700, output: 128 };
  const step = (of: typeof fit): number => fitSource(of, workload, 'x').central.decodeSeconds(1, 9, 700);
  const served = (of: typeof fit): number => serviceOf(of, 1, 'x').decodeSeconds(9, 700);
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
