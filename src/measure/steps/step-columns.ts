/**
 * The steps of an engine that gave tokens, as the client saw them, in order; one entry a step in every column. Times are
 * seconds from the cell's origin.
 */
export interface EngineSteps {
  /** When the step's tokens arrived; up to `bound_s` earlier. */
  readonly end_s: readonly number[];
  readonly bound_s: readonly number[];
  /**
   * The earliest that the step can have begun: the end of the step before or, where nothing was left to do then, the
   * sending of the request that woke the engine. Steps that only prefill give no token and are part of the next one's time.
   */
  readonly begin_s: readonly number[];
  /** The engine had nothing to do before this step: its time contains a request's way to the engine. */
  readonly after_idle: readonly boolean[];
  /** Sequences that got a token and had one before. */
  readonly decodes: readonly number[];
  /** Sum over the decodes of their KV lengths, the token computed in this step included. */
  readonly context_tokens: readonly number[];
  /** Output tokens of the step: more than its sequences where a step gives several. */
  readonly tokens: readonly number[];
  /** Prompts that were sent before the step began and were not complete at its end, and how long they are together. */
  readonly open_prompts: readonly number[];
  readonly open_prompt_tokens: readonly number[];
  /** Prompts that were completed, by step. */
  readonly prompts: readonly CompletedPrompt[];
}

export interface CompletedPrompt {
  /** Index of the step that gave the first token. */
  readonly step: number;
  readonly tokens: number;
  /** Of these, found in a cache. */
  readonly cached_tokens: number;
  readonly sent_s: number;
}
