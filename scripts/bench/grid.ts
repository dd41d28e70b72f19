import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { bindCard } from '../../src/accelerator/peaks.ts';
import type { Dataset } from '../../src/fit/dataset.ts';
import { type Observation, shapeOf } from '../../src/fit/observations.ts';
import { kvCapacityTokens } from '../../src/model/quantities.ts';
import { servedCard } from '../../src/model/served-card.ts';
import type { RooflineParameters } from '../../src/roofline/parameters.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import { createRandom } from '../../src/stats/random.ts';

const TRUTH: RooflineParameters = {
  gemm_flop_per_s: 620e12,
  expert_flop_per_s: 300e12,
  memory_bytes_per_s: 3.05e12,
  attention_flop_per_s: 240e12,
  step_overhead_s: 3.4e-3,
  sequence_overhead_s: 55e-6,
  request_overhead_s: 24e-3,
  all_reduce_latency_s: 8e-6,
  link_bytes_per_s: 320e9,
};

/** Measurements lie so far off the truth, relative standard deviation. */
const NOISE = { ttft: 0.04, tpot: 0.02 };

/** 90 cells of a known device, 3 tensor parallel sizes x 6 shapes x 5 loads, as bursts of 10 requests a stream. */
export function grid90(): Dataset {
  const accelerator = findAccelerator('h100-sxm');
  const card = bindCard(servedCard('Qwen/Qwen3-32B')!, accelerator);
  const random = createRandom(7);
  const noisy = (seconds: number, sd: number): number =>
    seconds * Math.exp(sd * Math.sqrt(12) * (random.uniform() - 0.5));
  const observations = [2, 4, 8].flatMap((tensorParallel) =>
    [1024, 4096].flatMap((input) =>
      [128, 512, 1024].flatMap((output) =>
        [8, 16, 32, 64, 128].map((concurrency): Observation => {
          const bare: Observation = {
            target: `tp${tensorParallel}`,
            cells: [[tensorParallel, input, output, concurrency].join(' ')],
            input_tokens: input,
            output_tokens: output,
            mean_output_tokens: output * 0.9,
            concurrency,
            engine: {
              tensorParallel,
              maxNumBatchedTokens: 8192,
              maxNumSeqs: 1024,
              kvCapacityTokens: kvCapacityTokens(card, accelerator.memory_bytes!, tensorParallel),
              admission: 'on_demand',
            },
            turn_around_s: null,
            driving: {
              kind: 'burst',
              requests_per_stream: 10,
              input_jitter: [0.8, 1],
              output_jitter: [0.8, 1],
              statistic: 'mean',
            },
            hold_out: false,
            ttft: null,
            tpot: null,
            e2e: null,
            output_tokens_per_s: null,
          };
          const { ttftSeconds, tpotSeconds } = scheduledMeans(card, TRUTH, bare.engine, shapeOf(bare));
          return {
            ...bare,
            ttft: { seconds: noisy(ttftSeconds, NOISE.ttft), relative_error: NOISE.ttft },
            tpot: { seconds: noisy(tpotSeconds!, NOISE.tpot), relative_error: NOISE.tpot },
          };
        }),
      ),
    ),
  );
  return { accelerator, card, observations, unknown: [] };
}
