import type { RequestTimeline } from '../timeline.ts';
import { openPrompts, stepBegins } from './step-begins.ts';
import { stepEdges } from './step-edges.ts';
import { tokenEvents } from './token-events.ts';

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

/** Which event of a step stands for its end: late ones of the step before may come first, and sending takes its time. */
const END_QUANTILE = 0.25;

/**
 * Finds the engine's steps in the stamps of all requests of a cell, aborted ones too. All streams get the token of one step
 * within a fraction of a millisecond, so steps are clusters in time; see `stepEdges` for how they are told apart.
 * Needs one engine behind the endpoint: replicas have steps of their own, and the count then differs from the server's.
 */
export function engineSteps(timelines: readonly RequestTimeline[]): EngineSteps {
  const events = tokenEvents(timelines);
  const starts = startsOf(stepEdges(events));
  const columns = {
    end_s: [] as number[],
    bound_s: [] as number[],
    decodes: [] as number[],
    context_tokens: [] as number[],
    tokens: [] as number[],
  };
  const prompts: CompletedPrompt[] = [];
  const lastStep = new Int32Array(timelines.length).fill(-1);
  /** Tokens of each sequence so far, its prompt included. */
  const known = timelines.map(promptTokens);
  for (const [step, from] of starts.entries()) {
    const to = starts[step + 1] ?? events.count;
    const end = from + Math.floor(END_QUANTILE * (to - from - 1));
    columns.end_s.push(events.at_s[end]!);
    columns.bound_s.push(events.bound_s[end]!);
    let [decodes, context, tokens] = [0, 0, 0];
    for (let i = from; i < to; i++) {
      const index = events.request[i]!;
      const chunk = events.chunk[i]!;
      if (chunk === 0) prompts.push(completedPrompt(timelines[index]!, step));
      else if (lastStep[index] !== step) {
        decodes += 1;
        context += known[index]!;
      }
      lastStep[index] = step;
      const gained = timelines[index]!.chunks.tokens[chunk]!;
      known[index]! += gained;
      tokens += gained;
    }
    columns.decodes.push(decodes);
    columns.context_tokens.push(context);
    columns.tokens.push(tokens);
  }
  const begun = stepBegins(timelines, lastStep, columns.end_s);
  return { ...columns, ...begun, ...openPrompts(timelines, prompts, begun.begin_s), prompts };
}

const promptTokens = (request: RequestTimeline): number =>
  request.usage?.prompt_tokens ?? request.input_tokens;

const completedPrompt = (request: RequestTimeline, step: number): CompletedPrompt => ({
  step,
  tokens: promptTokens(request),
  cached_tokens: request.usage?.cached_tokens ?? 0,
  sent_s: request.sent_s,
});

function startsOf(edges: Uint8Array): number[] {
  const starts: number[] = [];
  for (let i = 0; i < edges.length; i++) if (edges[i] === 1) starts.push(i);
  return starts;
}
