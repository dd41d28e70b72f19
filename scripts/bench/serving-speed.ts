import { builtInCard } from '../../src/model/cards.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import type { Driving } from '../../src/roofline/driving.ts';
import type { RooflineParameters } from '../../src/roofline/parameters.ts';
import { scheduledMeans } from '../../src/roofline/scheduler/scheduled-means.ts';
import type { ClosedLoopShape } from '../../src/roofline/serving.ts';
import type { SpeedRow } from './row.ts';

const PARAMETERS: RooflineParameters = {
  gemm_flop_per_s: 900e12,
  expert_flop_per_s: 300e12,
  memory_bytes_per_s: 2.9e12,
  attention_flop_per_s: 400e12,
  step_overhead_s: 3e-3,
  sequence_overhead_s: 50e-6,
  request_overhead_s: 20e-3,
  all_reduce_latency_s: 9e-6,
  link_bytes_per_s: 300e9,
};
const ENGINE = { tensorParallel: 4, maxNumBatchedTokens: 8192, maxNumSeqs: 256, kvCapacityTokens: 400_000 };

/** Dense, experts with windows, latent attention. */
const CARDS = ['llama-3.1-70b-fp8', 'gpt-oss-120b', 'deepseek-v3'].map((id) => builtInCard(id)!);

const STEADY: Driving = { kind: 'steady', output_jitter: [0.9, 1.1] };
const BURST: Driving = {
  kind: 'burst',
  requests_per_stream: 10,
  input_jitter: [0.8, 1],
  output_jitter: [0.8, 1],
  statistic: 'mean',
};

/** Short and long prompts and outputs, calm and saturated, up to a KV cache that overflows. */
const SHAPES = [
  [1024, 1024, 4],
  [1024, 1024, 64],
  [1024, 8192, 64],
  [8192, 1024, 64],
  [4096, 128, 128],
  [32_000, 256, 4],
].flatMap(([inputTokens, outputTokens, concurrency]): ClosedLoopShape[] => {
  const shape = { inputTokens: inputTokens!, outputTokens: outputTokens!, concurrency: concurrency! };
  return [
    { ...shape, turnAroundSeconds: null, driving: STEADY },
    { ...shape, turnAroundSeconds: 0.002, driving: STEADY },
    { ...shape, turnAroundSeconds: null, driving: BURST },
  ];
});

type Predictor = typeof closedLoopMeans;

/** Milliseconds of one call for every card and shape: the quickest of five runs, or another process's work would be in it. */
function timings(predict: Predictor, calls: number): number[] {
  return CARDS.flatMap((card) =>
    SHAPES.map((shape) => {
      let quickest = Number.POSITIVE_INFINITY;
      for (let run = 0; run < 5; run += 1) {
        const started = performance.now();
        for (let call = 0; call < calls; call += 1) predict(card, PARAMETERS, ENGINE, shape);
        quickest = Math.min(quickest, (performance.now() - started) / calls);
      }
      return quickest;
    }),
  );
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Speed of one prediction by either serving model, warm, on one core. */
export function servingSpeed(): SpeedRow[] {
  // Once over everything, so that compilation is not in the figures.
  timings(closedLoopMeans, 200);
  const closedForm = timings(closedLoopMeans, 400);
  timings(scheduledMeans, 1);
  const scheduler = timings(scheduledMeans, 2);
  return [
    { name: 'closed form, a point', value: mean(closedForm) * 1e3, unit: 'us', target: 10 },
    { name: '  the slowest point', value: Math.max(...closedForm) * 1e3, unit: 'us', target: 10 },
    { name: 'scheduler, a point', value: mean(scheduler), unit: 'ms', target: 5 },
    { name: '  the slowest point', value: Math.max(...scheduler), unit: 'ms', target: 5 },
  ];
}
