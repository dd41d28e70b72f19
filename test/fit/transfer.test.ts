import { describe, expect, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { bindCard } from '../../src/accelerator/peaks.ts';
import { fittedModel } from '../../src/fit/fit-dataset.ts';
import { fitRoofline } from '../../src/fit/fit-roofline.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { predictMeans } from '../../src/fit/predictive.ts';
import { priorsOf, type Served, transferModel } from '../../src/fit/transfer.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { servedCard } from '../../src/model/served-card.ts';
import { PARAMETER_NAMES } from '../../src/roofline/parameters.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';
import { accelerator, card, measureSuite, priors } from './virtual.ts';

const { observations } = observationsFromRuns([measureSuite()]);
const fit = fitRoofline({ card, priors, observations }, { seed: 1, starts: 2, predictor: 'closed_form' });
const model = fittedModel(fit);
const here: Served = { accelerator, card };

const b200 = findAccelerator('b200-sxm');
const onB200: Served = { accelerator: b200, card: bindCard(card, b200) };
const column = (name: string): number => PARAMETER_NAMES.indexOf(name as never);

describe('to another device', () => {
  const moved = transferModel(model, here, onB200);

  test('what a spec sheet states keeps its efficiency, times keep their seconds', () => {
    const ratio = (name: (typeof PARAMETER_NAMES)[number]): number =>
      moved.parameters[name] / model.parameters[name];
    expect(ratio('memory_bytes_per_s')).toBeCloseTo(
      b200.memory_bytes_per_s! / accelerator.memory_bytes_per_s!,
      9,
    );
    expect(ratio('gemm_flop_per_s')).toBeCloseTo(b200.bf16_flop_per_s! / accelerator.bf16_flop_per_s!, 9);
    expect(ratio('step_overhead_s')).toBe(1);
    expect(ratio('request_overhead_s')).toBe(1);
    expect(moved.edges).toEqual(model.edges);
  });

  test('there and back is where it started, a little less sure', () => {
    const back = transferModel(moved, onB200, here);
    for (const name of model.names) {
      expect(back.parameters[name] / model.parameters[name]).toBeCloseTo(1, 9);
      const own = model.names.indexOf(name);
      expect(back.covariance[column(name)]![column(name)]!).toBeGreaterThan(model.covariance[own]![own]!);
    }
  });

  test('intervals widen, and decode becomes faster by about the ratio of bandwidths', () => {
    const { engine } = observations[0]!;
    const shape = { inputTokens: 1024, outputTokens: 256, concurrency: 16, turnAroundSeconds: 0 };
    const of = (one: typeof model) => predictMeans(one, engine, shape).prediction.tpot_ms;
    const width = ({ value, interval_90 }: ReturnType<typeof of>): number =>
      (interval_90![1] - interval_90![0]) / value!;
    expect(width(of(moved))).toBeGreaterThan(1.5 * width(of(model)));
    expect(of(moved).value!).toBeLessThan(of(model).value!);
  });
});

test('to the same device and model nothing changes', () => {
  const same = transferModel(model, here, here);
  for (const name of model.names) expect(same.parameters[name]).toBe(model.parameters[name]);
  const own = model.names.indexOf('step_overhead_s');
  const there = column('step_overhead_s');
  expect(same.covariance[there]![there]).toBe(model.covariance[own]![own]);
});

test('to another precision the compute follows the peaks of its format, memory does not', () => {
  const fp8 = bindCard(servedCard('llama-3.1-8b', { precision: 'fp8' })!, accelerator);
  const moved = transferModel(model, here, { accelerator, card: fp8 });
  const ratio = accelerator.fp8_flop_per_s! / accelerator.bf16_flop_per_s!;
  expect(moved.parameters.gemm_flop_per_s / model.parameters.gemm_flop_per_s).toBeCloseTo(ratio, 9);
  expect(moved.parameters.memory_bytes_per_s).toBe(model.parameters.memory_bytes_per_s);
  expect(moved.card).toBe(fp8);
});

test('what the fit never saw comes from the catalogue of the new model', () => {
  const moe = bindCard(builtInCard('gpt-oss-120b')!, accelerator);
  const moved = transferModel(model, here, { accelerator, card: moe });
  const prior = parameterPriors(accelerator, moe).expert_flop_per_s;
  expect(moved.parameters.expert_flop_per_s).toBe(prior.centre);
  const there = column('expert_flop_per_s');
  expect(moved.covariance[there]![there]).toBe(prior.log_sd ** 2);
});

test('a carried model is a prior: its values, as sure as it is of each, inside bounds that hold them', () => {
  const moved = transferModel(model, here, onB200);
  const fast = {
    ...moved,
    parameters: { ...moved.parameters, memory_bytes_per_s: 3 * b200.memory_bytes_per_s! },
  };
  const carried = priorsOf(fast, parameterPriors(b200, onB200.card));
  for (const name of PARAMETER_NAMES) {
    const { centre, lower, upper, log_sd } = carried[name];
    expect(centre).toBe(fast.parameters[name]);
    expect(lower).toBeLessThan(centre);
    expect(upper).toBeGreaterThan(centre);
    expect(log_sd).toBeGreaterThan(0);
  }
  expect(carried.request_overhead_s.log_sd).toBeGreaterThan(0.8);
  expect(carried.memory_bytes_per_s.log_sd).toBeLessThan(0.2);
});
