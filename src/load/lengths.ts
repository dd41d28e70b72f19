import { multipleOf } from '../roofline/driving.ts';
import { childSeed, createRandom } from '../stats/random.ts';
import type { BaseCell } from './cell.ts';

/** Output lengths of a cell, one a call: uniform over the jitter's range of the nominal length, whole tokens, within the model's maximum. */
export function outputLengths(
  cell: Pick<BaseCell, 'inputTokens' | 'outputTokens' | 'maxLengthTokens' | 'protocol' | 'seed'>,
): () => number {
  const random = createRandom(cell.seed);
  const [low, high] = cell.protocol.output_jitter;
  return () => {
    const drawn = (low + (high - low) * random.uniform()) * cell.outputTokens;
    return clampLength(Math.round(drawn), cell);
  };
}

export interface RequestLengths {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Of the seeds of a cell: that of its prompts' lengths. */
const PROMPT_SERIES = 3;

/**
 * Lengths of a cell's requests, one a call: its prompt is exact or, where the protocol spreads prompts, drawn evenly in the
 * logarithm; its output as `outputLengths` draws it. `outputShare` shortens the output.
 */
export function requestLengths(
  cell: Pick<BaseCell, 'inputTokens' | 'outputTokens' | 'maxLengthTokens' | 'protocol' | 'seed'>,
): (outputShare?: number) => RequestLengths {
  const outputs = outputLengths(cell);
  const inputs = inputLengths(cell);
  return (outputShare = 1) => {
    const inputTokens = inputs();
    const outputTokens = Math.max(1, Math.round(outputShare * outputs()));
    return { inputTokens, outputTokens: clampLength(outputTokens, { ...cell, inputTokens }) };
  };
}

function inputLengths({
  inputTokens,
  protocol: { input_spread, input_lengths },
  seed,
}: Pick<BaseCell, 'inputTokens' | 'protocol' | 'seed'>): () => number {
  if (input_spread === undefined) return () => inputTokens;
  const random = createRandom(childSeed(seed, PROMPT_SERIES));
  return () =>
    Math.max(1, Math.round(inputTokens * multipleOf(input_spread, random.uniform(), input_lengths)));
}

/** Keeps an output length at 1 token or more and, with the prompt, within the model's maximum. */
export function clampLength(tokens: number, cell: Pick<BaseCell, 'inputTokens' | 'maxLengthTokens'>): number {
  const room =
    cell.maxLengthTokens === null ? Number.POSITIVE_INFINITY : cell.maxLengthTokens - cell.inputTokens;
  return Math.max(1, Math.min(tokens, room));
}

/** Fractional part of the golden ratio: its multiples fill the unit interval evenly, however many are taken. */
const GOLDEN = 0.6180339887498949;

/**
 * Share of its output length that the first request of a stream asks for under even release. Streams start over the
 * residence of the lone probe, but under load a request stays longer: without this they would crowd into a part of that
 * residence for many rounds. Ending the first requests evenly puts the streams' phases evenly round the loop, whatever
 * the residence under load turns out to be.
 */
export function firstRequestShare(stream: number): number {
  return ((stream + 1) * GOLDEN) % 1;
}
