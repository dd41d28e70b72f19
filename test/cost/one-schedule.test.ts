import { describe, expect, test } from 'vitest';
import { aggregatedPlans } from '../../src/cost/aggregated-plans.ts';
import { optionsOf } from '../../src/cost/place/options.ts';
import { fitSource } from '../../src/cost/sources/from-fit.ts';
import { settingsFor } from '../../src/fitfile/apply.ts';
import { readFit } from '../../src/fitfile/read.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { predict } from '../../src/predict/predict.ts';
import { question } from './devices.ts';
import { byScheduler, byWorker } from './fleet/open-load.ts';
import { serverOf } from './fleet/servers.ts';

/** Without what a fit adds to its model: its correction by batch, and what a closed loop's client loses at the edges. */
const published = async (file: string): Promise<Fit> => {
  const fit = await readFit(`fits/h100-sxm/${file}.fit.json`);
  const { ttft_wait_steps: wait, decode_wait_steps: late } = fit.serving_edges;
  const serving_edges = { ttft_wait_steps: { ...wait, value: 0 }, decode_wait_steps: { ...late, value: 0 } };
  return { ...fit, residual_table: null, serving_edges };
};
const qwen = await published('qwen-qwen3-32b/tensorrt-llm-1.0.0rc3-fp8');
const moe = await published('qwen-qwen3-235b-a22b-fp8/tensorrt-llm-1.0.0rc3-fp8');
const llama = await published('meta-llama-llama-3.1-70b/vllm-unknown-fp8');
const fits = { 'Qwen3-32B TensorRT-LLM': qwen, 'Qwen3-235B TensorRT-LLM': moe, 'Llama-70B vLLM': llama };
const names = Object.keys(fits) as (keyof typeof fits)[];

/** The same server as if it computed prompts in pieces and planned each step as it begins. */
const asVllm = (fit: Fit): Fit => ({
  ...fit,
  targets: fit.targets.map(({ whole_prompts: _, plans_ahead: __, ...target }) => target),
});
const { rules } = question();
const closed = { ...rules, queueing: { kind: 'none' } as const, utilisation: { prefill: 1, decode: 1 } };

test('the published fits say that prompts are computed whole, and steps of one of them are planned ahead', () => {
  for (const fit of [qwen, moe]) expect(settingsFor(fit, 4).wholePrompts).toBe(true);
  expect([qwen, moe, llama].map((fit) => settingsFor(fit, 4).plansAhead ?? false)).toEqual([
    true,
    false,
    false,
  ]);
});

describe.each(names)('a server of the fit %s is one and the same for every command', (name) => {
  const fit = fits[name];
  const shared = (of: Fit, input: number, output: number, batch: number) => {
    const source = { ...fitSource(of, { input, output }, name).central, tp_sizes: [4] };
    return aggregatedPlans(source, { input, output }, [], { ...closed, decode_batches: [batch] })[0]!;
  };

  test.each([
    [1024, 512, 8],
    [1400, 256, 32],
    [4096, 512, 8],
    [4096, 512, 32],
  ])('compare has what predict says: %i/%i, %i streams', (input, output, concurrency) => {
    const plan = shared(fit, input, output, concurrency);
    const said = predict(fit, { input, output, concurrency, tp: 4 });
    expect(plan.batch).toBe(concurrency);
    expect(Math.abs((1e3 * plan.ttft_mean_s) / said.ttft_ms!.value! - 1)).toBeLessThan(0.06);
    expect(Math.abs((1e3 * plan.tpot_mean_s) / said.tpot_ms!.value! - 1)).toBeLessThan(0.03);
  });

  test('place has the prompt of predict', () => {
    const stage = { phase: 'prefill', input: 4096, options: [] } as const;
    const source = fitSource(fit, { input: 4096, output: 128 }, name).central;
    const option = { on: name, fit: 'x', tp: 4, batch: 1 };
    const price = { usd_per_h: 1, utilisation: 1 };
    const [option4] = optionsOf(option, stage as never, source, price);
    const said = predict(fit, { input: 4096, output: 128, concurrency: 1, tp: 4 });
    expect(1e3 * option4!.seconds).toBeCloseTo(said.ttft_ms!.value!, 6);
  });

  test.each([1, 2])('fleet does what the scheduler does with the same arrivals: %i requests/s', (rate) => {
    const load = { rate, input: 4096, output: 256, count: 300 };
    const server = (of: Fit) => serverOf(of, { input: load.input, output: load.output });
    const [expected, done] = [byScheduler(fit, load), byWorker(server(fit), load)];
    expect(done.ttft / expected.ttft).toBeCloseTo(1, 1.5);
    expect(done.tpot / expected.tpot).toBeCloseTo(1, 2);
    if (fit === llama) return;
    expect(byWorker(server(asVllm(fit)), load).ttft / expected.ttft).toBeGreaterThan(1.05);
  });
});
