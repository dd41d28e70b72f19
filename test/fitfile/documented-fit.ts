import { spawnSync } from 'node:child_process';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { bindCard } from '../../src/accelerator/peaks.ts';
import { METRIC_KEYS, metricValue } from '../../src/fit/predictive.ts';
import { modelOf, settingsFor } from '../../src/fitfile/apply.ts';
import { fitDigest } from '../../src/fitfile/parse.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { withDraft } from '../../src/model/draft.ts';
import { closedLoopMeans } from '../../src/roofline/closed-form.ts';
import type { Padding } from '../../src/roofline/padding.ts';
import type { Speculation } from '../../src/roofline/speculation.ts';
import { createRandom } from '../../src/stats/random.ts';

const value = (of: number) => ({ value: of });

/** What fits/README.md says that a reader needs, and nothing else: any device, any settings. */
export function documentedFit(
  model: string,
  seed: number,
  {
    edges = true,
    turnAround = null as number | null,
    padding = null as Padding | null,
    speculation = null as Speculation | null,
    draft = null as string | null,
    planned = false,
  } = {},
): Fit {
  const random = createRandom(seed);
  const between = (low: number, high: number): number => low * (high / low) ** random.uniform();
  const accelerator = findAccelerator('h200-sxm');
  const content = {
    accelerator,
    model_card: bindCard(
      draft === null ? builtInCard(model)! : withDraft(builtInCard(model)!, builtInCard(draft)!),
      accelerator,
    ),
    client: { turn_around_s: turnAround },
    targets: [
      {
        name: 'a',
        tensor_parallel: 2,
        max_num_batched_tokens: 8192,
        ...(planned && { whole_prompts: true, plans_ahead: true }),
        max_num_seqs: 48,
        kv_capacity_tokens: 400_000,
      },
      {
        name: 'b',
        tensor_parallel: 8,
        max_num_batched_tokens: 2048,
        budget_margin_tokens: 700,
        ...(planned && { whole_prompts: true, plans_ahead: true }),
        max_num_seqs: null,
        kv_capacity_tokens: 900_000,
      },
    ],
    parameters: {
      gemm_flop_per_s: value(between(2e14, 1e15)),
      expert_flop_per_s: value(between(1e14, 1e15)),
      memory_bytes_per_s: value(between(1e12, 5e12)),
      attention_flop_per_s: value(between(1e14, 6e14)),
      step_overhead_s: value(between(1e-4, 1e-2)),
      sequence_overhead_s: value(between(1e-6, 1e-4)),
      request_overhead_s: value(between(1e-3, 5e-2)),
      all_reduce_latency_s: value(between(2e-6, 5e-5)),
      link_bytes_per_s: value(between(5e10, 4e11)),
    },
    serving_edges: {
      ttft_wait_steps: value(edges ? random.uniform() : 0),
      decode_wait_steps: value(edges ? random.uniform() : 0),
    },
    covariance: { names: [], matrix: [] },
    residual_table: null,
    ...(padding && { padding: { used: true, targets: [{ target: 'a', source: 'log', ...padding }] } }),
    ...(speculation && {
      draft: { parameters: { draft_pass_s: value(3e-4), draft_sequence_s: value(4e-6) } },
    }),
    // Where no KV capacity was stated, a size that was not measured takes the utilisation that was inferred.
    inferred: [{ name: 'memory_utilisation', value: 0.85, tried: [], decided: true }],
    note: 'é \u2028 \u{1F600} "quoted" \\ and a tab\t',
  } as unknown as Fit;
  return { ...content, examples: examples(content, turnAround, speculation) } as Fit;
}

/** Alone, several prompts a step, chunked prompts below and above saturation, a queue for seats and for KV, one token. */
export const SHAPES = [
  [128, 256, 1],
  [32_768, 2, 1],
  [512, 1, 1],
  [512, 1, 16],
  [100, 512, 40],
  [1000, 200, 32],
  [3001, 301, 12],
  [20_000, 128, 4],
  [20_000, 16, 32],
  [200, 100, 300],
  [60_000, 1000, 40],
] as const;

function examples(content: Fit, turnAround: number | null, speculation: Speculation | null): Fit['examples'] {
  const { card, parameters, edges } = modelOf(content);
  return [1, 2, 4, 8].flatMap((tp) =>
    SHAPES.map(([input, output, streams]) => {
      const shape = {
        inputTokens: input,
        outputTokens: output,
        concurrency: streams,
        turnAroundSeconds: turnAround,
      };
      const settings = { ...settingsFor(content, tp), ...(speculation && { speculation }) };
      const means = closedLoopMeans(card, parameters, settings, shape, edges);
      return {
        predictor: 'closed_form' as const,
        input_tokens: input,
        output_tokens: output,
        concurrency: streams,
        tensor_parallel: tp,
        turn_around_s: turnAround,
        output_jitter: [1, 1] as [number, number],
        ...(speculation && {
          speculation: { draft_tokens: speculation.draftTokens, acceptance: speculation.acceptance },
        }),
        expected: Object.fromEntries(
          METRIC_KEYS.map((key) => [key, metricValue(means, key)]),
        ) as Fit['examples'][number]['expected'],
      };
    }),
  );
}

/** With the digest of its content. */
export const sealed = (content: object): object => ({ ...content, digest: fitDigest(content) });

/** Dense, experts with windows, latent attention, experts in every layer. */
export const MODELS = ['llama-3.1-70b', 'gpt-oss-120b', 'deepseek-v3', 'qwen3-30b-a3b'];

export const python = (...argv: string[]) => spawnSync('python3', argv, { encoding: 'utf8' });
/** Where there is none, what needs it is skipped, and said to be. */
export const hasPython = python('--version').status === 0;
