import type { Engine } from '../engine.ts';
import type { EngineRequest } from '../sequence.ts';
import type { ServerState } from '../server-state.ts';
import { metricsText } from './metrics-text.ts';

type Row = readonly [type: 'counter' | 'gauge' | 'summary', name: string, value: number];

/** The Prometheus page of the engine that is posed as. */
export function poseMetrics(state: ServerState): string {
  const { live, device, pose, kv } = state;
  const { engine } = live.loop;
  const now = live.now();
  switch (pose.engine) {
    case 'sglang':
      return exposition('sglang:', sglang(engine, now));
    case 'tensorrt-llm':
      return exposition('trtllm_', tensorRt(engine));
    case 'llama-server':
      return exposition('llamacpp:', llama(engine, now));
    default:
      return metricsText(engine, device, now, kv, state.faults.stands('wrong-estimates'));
  }
}

/** Tokens of requests that have ended: when these engines count them. */
const finishedTokens = (engine: Engine<EngineRequest>): number =>
  engine.metrics.request_generation_tokens.sum;

const sglang = (engine: Engine<EngineRequest>, now: number): Row[] => [
  ['counter', 'prompt_tokens_total', engine.metrics.request_prompt_tokens.sum],
  ['counter', 'generation_tokens_total', finishedTokens(engine)],
  ['counter', 'cached_tokens_total', engine.metrics.prompt_tokens_cached],
  ['gauge', 'num_running_reqs', engine.running],
  ['gauge', 'num_queue_reqs', engine.waitingAt(now)],
  ['gauge', 'token_usage', engine.kv.usage],
  ...histogram('time_to_first_token_seconds', engine.metrics.time_to_first_token),
  ...histogram('inter_token_latency_seconds', engine.metrics.inter_token_latency),
  ...histogram('e2e_request_latency_seconds', engine.metrics.e2e_request_latency),
];

const tensorRt = ({ metrics }: Engine<EngineRequest>): Row[] => [
  ['counter', 'request_success_total', metrics.request_success.length],
  ...histogram('time_to_first_token_seconds', metrics.time_to_first_token),
  ...histogram('time_per_output_token_seconds', metrics.request_time_per_output_token),
  ...histogram('e2e_request_latency_seconds', metrics.e2e_request_latency),
];

const llama = (engine: Engine<EngineRequest>, now: number): Row[] => [
  ['counter', 'prompt_tokens_total', engine.metrics.prompt_tokens],
  ['counter', 'tokens_predicted_total', finishedTokens(engine)],
  ['gauge', 'requests_processing', engine.running],
  ['gauge', 'requests_deferred', engine.waitingAt(now)],
];

const histogram = (name: string, { sum, count }: { sum: number; count: number }): Row[] => [
  ['summary', `${name}_sum`, sum],
  ['summary', `${name}_count`, count],
];

const exposition = (prefix: string, rows: readonly Row[]): string =>
  `${rows
    .flatMap(([type, name, value]) => [
      ...(type === 'summary' ? [] : [`# TYPE ${prefix}${name} ${type}`]),
      `${prefix}${name} ${value}`,
    ])
    .join('\n')}\n`;
