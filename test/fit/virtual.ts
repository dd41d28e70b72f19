import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { bindCard } from '../../src/accelerator/peaks.ts';
import type { RunCells } from '../../src/fit/from-runs.ts';
import { builtInCard } from '../../src/model/cards.ts';
import type { RooflineParameters } from '../../src/roofline/parameters.ts';
import { parameterPriors } from '../../src/roofline/priors.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { suiteSchema } from '../../src/suite/schema.ts';

export const accelerator = findAccelerator('h100-sxm');
export const card = bindCard(builtInCard('llama-3.1-8b')!, accelerator);
export const priors = parameterPriors(accelerator, card);

export const truth: RooflineParameters = {
  gemm_flop_per_s: 610e12,
  expert_flop_per_s: 610e12,
  memory_bytes_per_s: 2.9e12,
  attention_flop_per_s: 300e12,
  step_overhead_s: 1.2e-3,
  sequence_overhead_s: 30e-6,
  request_overhead_s: 12e-3,
  all_reduce_latency_s: 14e-6,
  link_bytes_per_s: 200e9,
};

export const suite = suiteSchema.parse({
  schema_version: 1,
  name: 'small',
  grid: [
    { input: [128, 2048, 8192, 16384], output: [2], load: { concurrency: [1] } },
    { input: [512, 16384], output: [128], load: { concurrency: [1] } },
    { input: [128], output: [256], load: { concurrency: [8, 64] } },
    { input: [2048], output: [128], load: { concurrency: [8] } },
    { input: [512], output: [128], load: { concurrency: [16] }, hold_out: true },
  ],
  stop: { min_s: 1, max_requests: 200 },
});

/** The suite measured on a device with the truth above, in virtual time. */
export function measureSuite(tensorParallel: readonly number[] = [1, 2], seed = 1): RunCells {
  const devices = tensorParallel.map((tp) =>
    createDevice({ accelerator, card, tensorParallel: tp, parameters: truth, seed }),
  );
  return virtualRun(suite, devices, { seed, stampErrorSeconds: 0.2e-3 });
}
