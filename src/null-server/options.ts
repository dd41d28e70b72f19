/** The model id that a null server names. */
export const NULL_MODEL = 'null';

/** How a null server sends: its timing is its only behaviour. */
export interface NullServerTiming {
  /** Time between two tokens of a stream, ms. */
  readonly periodMs: number;
  /** A stream's first token leaves on the first tick that is this long after its request was read, ms. */
  readonly firstTokenMs: number;
  /** `together`: all streams get their token on the same tick, as from one engine step. `spread`: evenly over the period. */
  readonly release: 'together' | 'spread';
  /** Whether true send times are kept (8 bytes a token) until they are taken. */
  readonly keepLog: boolean;
}

/** What truly left the server for one request; seconds on the host's monotonic clock (`host-clock.ts`). */
export interface SentResponse {
  /** `x-request-id` of the client, if it sent one. */
  readonly requestId: string | null;
  /** When the read with the request's last byte was handed to the server. */
  readonly receivedAt: number;
  /** For each token the instant just before its bytes were handed to the kernel. */
  readonly sentAt: Float64Array;
  /** How long each hand-over took, s: its bytes left between `sentAt` and so much later. */
  readonly tookS: Float32Array;
  /** False when the client went away first. */
  readonly complete: boolean;
}

/** The server's own account, from its start. */
export interface NullServerCounts {
  readonly requests: number;
  readonly tokens: number;
  readonly connections: number;
  /** Writes that the kernel did not take at once: the client reads too slowly, and the send time is too early for these. */
  readonly delayedWrites: number;
  /** Rounds of tokens that were left out because the server was behind by more than a period. */
  readonly skippedTicks: number;
  /** User and system time of its process, s. */
  readonly cpuSeconds: number;
}

/** Messages between the parent and the server's process. */
export type NullServerAsk = { readonly ask: 'log' } | { readonly ask: 'counts' } | { readonly ask: 'stop' };
export type NullServerSay =
  | { readonly say: 'listening'; readonly port: number }
  | { readonly say: 'log'; readonly responses: readonly SentResponse[]; readonly left: number }
  | { readonly say: 'counts'; readonly counts: NullServerCounts };
