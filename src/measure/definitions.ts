/** A metric as Ridgepoint means it. The same word gives other numbers elsewhere. */
export interface MetricDefinition {
  readonly name: string;
  readonly definition: string;
}

export const METRIC_DEFINITIONS: readonly MetricDefinition[] = [
  { name: 'clock', definition: 'monotonic, stamped when bytes come off the socket, before any parsing' },
  {
    name: 't_first, t_last',
    definition:
      'stamps of the first and the last chunk that carries a token; role-only, empty and usage-only chunks carry none',
  },
  {
    name: 'N, n_first',
    definition:
      'output tokens of a request by the server’s usage; tokens in its first chunk by continuous usage or token ids, else 1 (flagged)',
  },
  { name: 'TTFT', definition: 't_first - sent, where sent is the request on its socket' },
  { name: 'E2E', definition: 't_last - sent' },
  {
    name: 'TTFT_sched, E2E_sched',
    definition:
      'of an open loop: from when the request was due, so that a late client cannot hide its own queue; objectives and goodput are taken from these',
  },
  { name: 'schedule delay', definition: 'sent - scheduled: how late the client was' },
  {
    name: 'TPOT',
    definition: '(t_last - t_first)/(N - n_first); undefined, not 0, when no token follows the first chunk',
  },
  {
    name: 'TPOT of decode cells',
    definition:
      'over the steps after the last first token of a batch and until its first finish; one sample a batch',
  },
  {
    name: 'second_token',
    definition: 'disaggregated cells: from sending the prompt to the prefill server to the second token',
  },
  {
    name: 'kv_transfer',
    definition:
      'disaggregated cells: decode leg to its first token, less the same for a prompt that the decode server has in its own prefix cache; with more than one stream it holds the wait for steps too',
  },
  { name: 'ICL', definition: 'gap between chunks that carry tokens' },
  {
    name: 'ITL',
    definition: 'ICL, where at least 99 % of the chunks carry one token; otherwise not claimed',
  },
  {
    name: 'TBT',
    definition:
      'time between tokens: ICL where at least 99 % of the chunks carry one token, over all gaps of all requests; objectives tbt_*_ms are not judged elsewhere',
  },
  {
    name: 'ttft_vllm, tpot_vllm',
    definition:
      'as vLLM’s own client: first non-empty choices, and (E2E - TTFT)/(N - 1); beside, never instead',
  },
  {
    name: 'window',
    definition:
      'half-open steady interval after the warm-up; latencies are of the requests sent inside it, and load is kept up until the last of them has finished',
  },
  { name: 'output_tokens_per_s', definition: 'tokens that arrive inside the window / its length' },
  {
    name: 'input_tokens_per_s',
    definition: 'prompt tokens of the requests whose t_first lies inside the window / its length',
  },
  { name: 'requests_per_s', definition: 'requests sent inside the window / its length' },
  {
    name: 'whole_run_output_tokens_per_s',
    definition:
      'tokens of completed requests / wall time from the first to the last, warm-up included, as vLLM’s own client',
  },
  { name: 'mean_concurrency', definition: 'requests in flight, time-weighted over the window' },
  {
    name: 'turn_around_ms',
    definition: 'from the last token of a request to the next one of its stream on the socket',
  },
  {
    name: 'goodput',
    definition:
      'requests that meet every objective / all requests sent inside the window, failed ones included, from their scheduled time; a limit on TBT holds the same statistic of a request’s own gaps',
  },
  {
    name: 'half-width',
    definition:
      '95 % Student-t interval of the mean over n(1 - r)/(1 + r) samples, r the lag-1 autocorrelation',
  },
  {
    name: 'percentiles',
    definition:
      'linear interpolation (type 7), printed only from p50 11, p90 64, p95 130, p99 662, p99.9 6636 samples on',
  },
];

/** Text of `ridge --help metrics`. */
export function metricsHelp(): string {
  return METRIC_DEFINITIONS.map(({ name, definition }) => `  ${name}\n      ${definition}`).join('\n');
}
