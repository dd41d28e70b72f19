/** What every client is asked to do in one measurement; the server decides the timing. */
export interface ClientLoad {
  readonly streams: number;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Requests a stream sends one after another. */
export const REQUESTS_A_STREAM = 4;

export const loadOf = (streams: number, requestsAStream = REQUESTS_A_STREAM): ClientLoad => ({
  streams,
  requests: streams * requestsAStream,
  inputTokens: 8,
  outputTokens: 128,
});

/** What a client says, in the form of `vllm bench serve --save-detailed`; seconds, one entry a request. */
export interface ClientResult {
  readonly failed: number;
  readonly ttfts: readonly number[];
  readonly itls: readonly (readonly number[])[];
  /** On the host's monotonic clock. */
  readonly start_times: readonly number[];
  /** Of each request the number at the end of its id; absent: its place. */
  readonly numbers?: readonly number[];
  /** Our own client's bounds of the stamps of all tokens, by request; no other client knows any. */
  readonly bounds?: readonly (readonly number[])[];
}
