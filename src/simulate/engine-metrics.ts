import type { Estimates } from './estimates.ts';
import {
  FIRST_TOKEN_BOUNDS,
  Histogram,
  ITERATION_BOUNDS,
  LENGTH_BOUNDS,
  REQUEST_BOUNDS,
  TOKEN_GAP_BOUNDS,
} from './histogram.ts';
import type { EngineRequest, Sequence } from './sequence.ts';

/** The engine's counters and histograms, by vLLM's names without their prefix. Times in seconds. */
export class EngineMetrics {
  generation_tokens = 0;
  prompt_tokens = 0;
  prompt_tokens_cached = 0;
  num_preemptions = 0;
  /** Tokens. */
  prefix_cache_queries = 0;
  prefix_cache_hits = 0;
  /** Of prompts that another server computed; tokens. */
  external_prefix_cache_queries = 0;
  external_prefix_cache_hits = 0;
  prompt_tokens_external = 0;
  /** Sequences that had tokens proposed, once a step. */
  spec_decode_num_drafts = 0;
  spec_decode_num_draft_tokens = 0;
  spec_decode_num_accepted_tokens = 0;
  /** Of one device, by `createEstimates`. */
  readonly estimated: Estimates = { flop: 0, readBytes: 0, writeBytes: 0 };
  readonly request_success = { length: 0, stop: 0, abort: 0 };
  readonly time_to_first_token = new Histogram(FIRST_TOKEN_BOUNDS);
  readonly inter_token_latency = new Histogram(TOKEN_GAP_BOUNDS);
  readonly request_time_per_output_token = new Histogram(TOKEN_GAP_BOUNDS);
  readonly e2e_request_latency = new Histogram(REQUEST_BOUNDS);
  readonly request_queue_time = new Histogram(REQUEST_BOUNDS);
  readonly request_prefill_time = new Histogram(REQUEST_BOUNDS);
  readonly request_decode_time = new Histogram(REQUEST_BOUNDS);
  readonly request_inference_time = new Histogram(REQUEST_BOUNDS);
  readonly request_prompt_tokens = new Histogram(LENGTH_BOUNDS);
  readonly request_generation_tokens = new Histogram(LENGTH_BOUNDS);
  /** A histogram despite its name: tokens of each step that gave output; a prompt counts when it is complete. */
  readonly iteration_tokens_total = new Histogram(ITERATION_BOUNDS);

  /** A sequence sampled its first token at `sampledAt`. */
  firstToken(sequence: Sequence<EngineRequest>, sampledAt: number): void {
    const { request } = sequence;
    this.prompt_tokens += request.promptTokens;
    this.prompt_tokens_cached += sequence.cachedTokens + sequence.externalTokens;
    this.prompt_tokens_external += sequence.externalTokens;
    this.time_to_first_token.observe(sampledAt - request.arrivedAt);
    this.request_queue_time.observe(sequence.firstScheduledAt - request.queuedAt);
    this.request_prefill_time.observe(sampledAt - sequence.firstScheduledAt);
  }

  finished(sequence: Sequence<EngineRequest>): void {
    const { request } = sequence;
    const last = sequence.lastTokenAt;
    this.request_success.length += 1;
    this.e2e_request_latency.observe(last - request.arrivedAt);
    this.request_decode_time.observe(last - sequence.firstTokenAt);
    this.request_inference_time.observe(last - sequence.firstScheduledAt);
    this.request_prompt_tokens.observe(request.promptTokens);
    this.request_generation_tokens.observe(sequence.generated);
    if (sequence.generated > 1) {
      this.request_time_per_output_token.observe((last - sequence.firstTokenAt) / (sequence.generated - 1));
    }
  }
}
