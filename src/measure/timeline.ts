/**
 * What the client saw of one request. All times are seconds on the agent's monotonic clock, from the cell's origin.
 * Columns instead of objects: a cell holds up to millions of stamps.
 */
export interface RequestTimeline {
  /** Order of issue within the cell, from 0. */
  readonly sequence: number;
  /** Which of the closed loop's streams sent it. */
  readonly stream: number;
  readonly role: RequestRole;
  /** Lengths asked for, tokens. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly scheduled_s: number;
  /** Request handed to the socket. */
  readonly sent_s: number;
  readonly first_byte_s: number | null;
  /** Token-bearing chunks only. */
  readonly chunks: ChunkColumns;
  readonly usage: TokenUsage | null;
  /** Whether `chunks.tokens` was counted by the server (continuous usage or token ids) or assumed to be 1. */
  readonly tokens_counted_by: 'server' | 'chunks';
  readonly ended_s: number;
  readonly outcome: RequestOutcome;
  /** Time of the first non-empty `choices`, as vLLM's own client takes it. */
  readonly first_choices_s: number | null;
  /** Prompt and answer came from two servers, this client between them; absent: one request did it all. */
  readonly legs?: RequestLegs;
}

/** The two requests that one was made of; `sent_s` is the first's. */
export interface RequestLegs {
  /** The prefill server's whole answer is in. */
  readonly prefill_ended_s: number;
  /** Request to the decode server handed to the socket. */
  readonly decode_sent_s: number;
}

/** `probe` measures the residence time, `load` is the closed loop, `filler` keeps the load up after the window closed. */
export type RequestRole = 'probe' | 'load' | 'filler';

export interface ChunkColumns {
  /** Stamp of the socket read that carried the chunk. */
  readonly at_s: readonly number[];
  /** Tokens in the chunk. */
  readonly tokens: readonly number[];
  /** The data arrived at most this long before the stamp. */
  readonly bound_s: readonly number[];
}

export interface TokenUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cached_tokens: number | null;
}

export type RequestFailure =
  | 'connection' // refused, reset, closed before the response ended
  | 'http_status'
  | 'stream_error' // an error object, before or inside the stream
  | 'truncated' // no finish reason, or no usage
  | 'protocol' // not an event stream, or not JSON
  | 'timeout';

export type RequestOutcome =
  | { readonly state: 'completed'; readonly finish_reason: string }
  | { readonly state: 'aborted' }
  | {
      readonly state: 'failed';
      readonly kind: RequestFailure;
      readonly message: string;
      readonly http_status: number | null;
      /** What the server asked to wait before another request (Retry-After), s; absent where it did not. */
      readonly retry_after_s?: number | undefined;
    };
