import type { RequestTimeline } from '../timeline.ts';
import type { CompletedPrompt, EngineSteps } from './step-columns.ts';

/**
 * When each step can have begun at the earliest: at the end of the one before, or with the first request after it where
 * the engine had none left.
 * @param lastStep the step of each request's last token, -1 without any
 */
export function stepBegins(
  timelines: readonly RequestTimeline[],
  lastStep: Int32Array,
  end_s: readonly number[],
): Pick<EngineSteps, 'begin_s' | 'after_idle'> {
  const stays = timelines
    .map((request, index) => ({ sent_s: request.sent_s, left_s: leftAt(request, lastStep[index]!, end_s) }))
    .sort((a, b) => a.sent_s - b.sent_s);
  const begin_s: number[] = [];
  const after_idle: boolean[] = [];
  let next = 0;
  let busyUntil = Number.NEGATIVE_INFINITY;
  for (const [step, end] of end_s.entries()) {
    const before = end_s[step - 1] ?? Number.NEGATIVE_INFINITY;
    while (next < stays.length && stays[next]!.sent_s < before) {
      busyUntil = Math.max(busyUntil, stays[next]!.left_s);
      next += 1;
    }
    const idle = busyUntil <= before;
    after_idle.push(idle);
    begin_s.push(idle ? Math.min(end, stays[next]?.sent_s ?? end) : before);
  }
  return { begin_s, after_idle };
}

/** A request leaves the engine with its last token, one that was cut off when it ended. */
function leftAt(request: RequestTimeline, lastStep: number, end_s: readonly number[]): number {
  return request.outcome.state === 'completed' && lastStep >= 0 ? end_s[lastStep]! : request.ended_s;
}

/** Prompts that were on their way while a step ran and were not done with it. */
export function openPrompts(
  timelines: readonly RequestTimeline[],
  prompts: readonly CompletedPrompt[],
  begin_s: readonly number[],
): Pick<EngineSteps, 'open_prompts' | 'open_prompt_tokens'> {
  const requests = new Int32Array(begin_s.length + 1);
  const tokens = new Float64Array(begin_s.length + 1);
  const add = (sent_s: number, length: number, until: number): void => {
    const from = firstAfter(begin_s, sent_s);
    if (from >= until) return;
    requests[from]! += 1;
    requests[until]! -= 1;
    tokens[from]! += length;
    tokens[until]! -= length;
  };
  for (const prompt of prompts) add(prompt.sent_s, prompt.tokens, prompt.step);
  for (const request of timelines) {
    if (request.chunks.at_s.length > 0) continue;
    add(request.sent_s, request.input_tokens, firstAfter(begin_s, request.ended_s));
  }
  for (let step = 1; step < begin_s.length; step++) {
    requests[step]! += requests[step - 1]!;
    tokens[step]! += tokens[step - 1]!;
  }
  return {
    open_prompts: Array.from(requests.subarray(0, begin_s.length)),
    open_prompt_tokens: Array.from(tokens.subarray(0, begin_s.length)),
  };
}

/** Index of the first time later than `time`, in an ascending list. */
function firstAfter(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
