/** A request as the engine sees it. Callers extend it with what they need to find their way back. */
export interface EngineRequest {
  readonly promptTokens: number;
  /** Tokens to generate, at least 1; nothing stops a request earlier. */
  readonly outputTokens: number;
  /** When the server got the request, s; latencies of the server's histograms start here. */
  readonly arrivedAt: number;
  /** When it reaches the scheduler's queue, s. */
  readonly queuedAt: number;
  /** Keys of the prompt's full blocks where the prefix cache is on, else null. */
  readonly blockKeys: readonly number[] | null;
  /** Prompt tokens whose KV another server computed; it is here when the request is queued. */
  readonly remoteTokens?: number | undefined;
  /** Whether its blocks are kept when it is finished, until they are released. */
  readonly keepsBlocks?: boolean | undefined;
}

/** A request inside the engine. Fields are written by the engine only. */
export class Sequence<R extends EngineRequest> {
  readonly request: R;
  /** Tokens whose KV is held. */
  computed = 0;
  /** Prompt and generated tokens: all of them must be computed before the next one is sampled. */
  known: number;
  generated = 0;
  /** Tokens proposed for it in the step in progress. */
  drafted = 0;
  /** Tokens of the last step that gave any. */
  gained = 0;
  /** KV blocks held. */
  blocks = 0;
  /** Keys of the held blocks that the prefix cache shares. */
  sharedKeys: number[] = [];
  /** Prompt tokens that were found in the prefix cache when the request was first admitted. */
  cachedTokens = 0;
  /** Prompt tokens whose KV came from another server, beyond those in the prefix cache. */
  externalTokens = 0;
  /** Finished, with its blocks still held. */
  kept = false;
  /** Tokens computed in the step in progress. */
  scheduled = 0;
  aborted = false;
  preemptions = 0;
  firstScheduledAt = -1;
  firstTokenAt = -1;
  lastTokenAt = -1;

  constructor(request: R) {
    this.request = request;
    this.known = request.promptTokens;
  }

  get finished(): boolean {
    return this.generated >= this.request.outputTokens;
  }
}
