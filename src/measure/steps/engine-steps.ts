import type { RequestTimeline } from '../timeline.ts';
import { openPrompts, stepBegins } from './step-begins.ts';
import type { CompletedPrompt, EngineSteps } from './step-columns.ts';
import { stepEdges } from './step-edges.ts';
import { tokenEvents } from './token-events.ts';

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
