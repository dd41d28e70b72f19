import type { CompletedPrompt, EngineSteps } from '../../measure/steps/step-columns.ts';
import type { PrefillChunk } from '../../roofline/step-work.ts';

/** Pieces of prompts that each step computed; null where the stamps leave it open. */
export interface ChunkPlan {
  readonly chunks: readonly (readonly PrefillChunk[] | null)[];
  /** Prompts that ended in another step than the plan has it. */
  readonly surprises: number;
}

export interface ChunkRules {
  /** Tokens of a step, decodes included. */
  readonly budget: number;
  /** From a request's sending until the scheduler knows it, s. */
  readonly overhead_s: number;
}

/** A prompt that arrives this close to the beginning of a step, as a share of the overhead, may be in it or not. */
const DOUBTFUL_SHARE = 0.5;

interface OpenPrompt extends CompletedPrompt {
  left: number;
  /** A piece of it may have been computed in another step than planned. */
  doubtful: boolean;
}

/**
 * Repeats what the scheduler did with the prompts, in the order of sending: decodes first, then as many tokens of the first
 * prompt as the budget leaves, then of the next. The steps in which prompts ended are known, which decides most of what the
 * arrival at the engine leaves open.
 */
export function planChunks(steps: EngineSteps, { budget, overhead_s }: ChunkRules): ChunkPlan {
  const waiting = [...steps.prompts].sort((a, b) => a.sent_s - b.sent_s);
  const unknown = unknownPrompts(steps);
  let open: OpenPrompt[] = [];
  let next = 0;
  let surprises = 0;
  const chunks = steps.end_s.map((end, step): PrefillChunk[] | null => {
    while (next < waiting.length && waiting[next]!.sent_s < end) {
      const prompt = waiting[next++]!;
      open.push({ ...prompt, left: Math.max(1, prompt.tokens - prompt.cached_tokens), doubtful: false });
    }
    const planned = planStep(
      open,
      step,
      budget - steps.decodes[step]!,
      steps.begin_s[step]! - overhead_s,
      overhead_s,
    );
    surprises += planned.surprises;
    open = open.filter((prompt) => prompt.step > step);
    // Without decodes, steps that only prefill are hidden in the time of this one.
    const hidden = steps.decodes[step] === 0 && planned.overrun;
    return planned.sure && !hidden && unknown[step] === 0 ? planned.chunks : null;
  });
  return { chunks, surprises };
}

interface PlannedStep {
  readonly chunks: PrefillChunk[];
  readonly sure: boolean;
  /** A prompt ended here of which more was left than the budget. */
  readonly overrun: boolean;
  readonly surprises: number;
}

/** @param arrived_s prompts sent before have reached the scheduler, most likely */
function planStep(
  open: readonly OpenPrompt[],
  step: number,
  budget: number,
  arrived_s: number,
  overhead_s: number,
): PlannedStep {
  const chunks: PrefillChunk[] = [];
  let [left, sure, overrun, surprises] = [budget, true, false, 0];
  for (const prompt of open) {
    const ends = prompt.step === step;
    if (!ends && prompt.sent_s > arrived_s) continue;
    const tokens = ends ? prompt.left : Math.min(prompt.left, left);
    if (ends && prompt.left > left) {
      [sure, overrun] = [false, true];
      surprises += 1;
    }
    if (tokens <= 0) continue;
    const near = Math.abs(arrived_s - prompt.sent_s) < DOUBTFUL_SHARE * overhead_s;
    if (!ends && tokens === prompt.left) {
      // It would have ended here: it came later than thought, or the engine held it back.
      if (!near) {
        sure = false;
        surprises += 1;
      }
      continue;
    }
    if (!ends && near) prompt.doubtful = true;
    if (prompt.doubtful) sure = false;
    chunks.push({ tokens, context: prompt.tokens - prompt.left, completes: ends });
    prompt.left -= tokens;
    left -= tokens;
  }
  return { chunks, sure, overrun, surprises };
}

/** Prompts that were on their way in each step and never ended: nothing is known of when they were computed. */
function unknownPrompts({ begin_s, prompts, open_prompts }: EngineSteps): number[] {
  const changes = new Int32Array(begin_s.length + 1);
  for (const { sent_s, step } of prompts) {
    const from = firstAfter(begin_s, sent_s);
    if (from >= step) continue;
    changes[from]! += 1;
    changes[step]! -= 1;
  }
  let known = 0;
  return open_prompts.map((count, step) => {
    known += changes[step]!;
    return count - known;
  });
}

function firstAfter(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
