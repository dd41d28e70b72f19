import type { AttentionWork } from '../step-work.ts';
import { type Schedule, ScheduleRecorder } from './schedule.ts';

/** One batch of prompts: computed in order within the token budget, nothing decoding beside them, then decoded in lockstep. */
export function batchSchedule(
  attention: AttentionWork,
  maxNumBatchedTokens: number,
  batch: {
    readonly inputTokens: number;
    /** Of each prompt, in the prefix cache. */
    readonly cachedTokens: number;
    readonly outputTokens: number;
    /** Steps after the first token. */
    readonly decodeSteps: number;
    readonly streams: number;
  },
): Schedule {
  const { inputTokens, cachedTokens: cached, outputTokens, decodeSteps, streams } = batch;
  const verified = attention.decodeRows(streams);
  const record = new ScheduleRecorder();
  let left = streams * (inputTokens - cached);
  let done = 0;
  while (left > 0) {
    const tokens = Math.min(left, maxNumBatchedTokens);
    const step = prefillStep(attention, inputTokens, cached, done, tokens);
    record.step(step.rows, step.completed, step.sequences, step.flop, step.bytes, 1, 0, 0);
    done += tokens;
    left -= tokens;
  }
  const firstEvent = record.events - 1;
  if (outputTokens > 1) {
    const context = inputTokens + outputTokens / 2;
    const beside = (streams * outputTokens) / 2;
    record.step(
      attention.stepRows(verified),
      verified,
      streams,
      attention.decodeFlop(streams, context, beside),
      attention.decodeBytes(streams, context, beside),
      decodeSteps,
      streams,
      context,
    );
  }
  return {
    ...record.columns(),
    sentEvent: Int32Array.of(0),
    sentOffset: Float64Array.of(0),
    firstEvent: Int32Array.of(firstEvent),
    lastEvent: Int32Array.of(record.events - 1),
    outputTokens: Int32Array.of(outputTokens),
    pauses: [],
    preemptions: 0,
    turnAroundSeconds: 0,
    arrivalSeconds: 0,
    streams,
  };
}

/** The next `tokens` tokens of prompts that stand one behind the other. */
function prefillStep(
  attention: AttentionWork,
  inputTokens: number,
  cached: number,
  done: number,
  tokens: number,
) {
  let [rows, flop, bytes, sequences, completed] = [0, 0, 0, 0, 0];
  for (let at = done; at < done + tokens; ) {
    const context = cached + (at % (inputTokens - cached));
    const chunk = Math.min(inputTokens - context, done + tokens - at);
    rows += attention.chunkRows(chunk);
    flop += attention.chunkFlop(chunk, context);
    bytes += attention.chunkBytes(chunk, context);
    sequences += 1;
    if (context + chunk === inputTokens) completed += 1;
    at += chunk;
  }
  return { rows: attention.stepRows(rows), flop, bytes, sequences, completed };
}
