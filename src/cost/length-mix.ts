import { quantile, sortSample } from '../stats/sorted.ts';
import type { TraceColumns } from '../suite/trace.ts';

/** How lengths and arrivals of a trace differ from equal requests that come at random. */
export interface LengthMix {
  /** Prompts by length, means of classes with equal shares of the requests; shares add to 1. */
  readonly prompts: readonly { readonly input: number; readonly share: number }[];
  /** Mean lengths of the requests that decode at one moment: long answers are met more often. */
  readonly decoding: { readonly input: number; readonly output: number };
  /** Lengths at the quantiles that objectives ask for. */
  readonly quantiles: readonly { readonly q: number; readonly input: number; readonly output: number }[];
  /** Input and output of the longest request together. */
  readonly longest: number;
  readonly longest_prompt: number;
  /** Variance of the gaps between requests over the square of their mean: 1 at random, more in bursts. */
  readonly arrivals_cv2: number;
  readonly requests: number;
  readonly requests_per_s: number;
  /** In the busiest minute; over the whole of a shorter trace. */
  readonly peak_requests_per_s: number;
}

/** Classes of prompts. */
const CLASSES = 20;
const QUANTILES = [0.5, 0.9, 0.95, 0.99];
const MINUTE_S = 60;

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Equal shares of sorted lengths, fewer where there are fewer. */
function classesOf(sorted: readonly number[]): LengthMix['prompts'] {
  const many = Math.min(CLASSES, sorted.length);
  const edge = (index: number): number => Math.floor((index * sorted.length) / many);
  return Array.from({ length: many }, (_, index) => {
    const members = sorted.slice(edge(index), edge(index + 1));
    return { input: mean(members), share: members.length / sorted.length };
  });
}

/** Mean lengths of a trace with what spreads about them. */
export function traceWorkload(trace: TraceColumns): {
  readonly input: number;
  readonly output: number;
  readonly mix: LengthMix;
} {
  const [inputs, outputs] = [sortSample(trace.input_tokens)!, sortSample(trace.output_tokens)!];
  const tokens = sum(trace.output_tokens);
  /** Mean over the output tokens. */
  const met = (lengths: readonly number[]): number =>
    sum(lengths.map((length, index) => length * trace.output_tokens[index]!)) / tokens;
  const count = trace.at_s.length;
  const seconds = trace.at_s.at(-1)! - trace.at_s[0]!;
  return {
    input: mean(trace.input_tokens),
    output: mean(trace.output_tokens),
    mix: {
      prompts: classesOf(inputs),
      decoding: { input: met(trace.input_tokens), output: met(trace.output_tokens) },
      quantiles: QUANTILES.map((q) => ({ q, input: quantile(inputs, q), output: quantile(outputs, q) })),
      longest: trace.input_tokens.reduce(
        (most, input, index) => Math.max(most, input + trace.output_tokens[index]!),
        0,
      ),
      longest_prompt: inputs.at(-1)!,
      arrivals_cv2: gapVariation(trace.at_s),
      requests: count,
      requests_per_s: (count - 1) / seconds,
      peak_requests_per_s: seconds <= MINUTE_S ? (count - 1) / seconds : busiestMinute(trace.at_s) / MINUTE_S,
    },
  };
}

function gapVariation(atSeconds: readonly number[]): number {
  const gaps = atSeconds.slice(1).map((at, index) => at - atSeconds[index]!);
  const middle = mean(gaps);
  return mean(gaps.map((gap) => (gap - middle) ** 2)) / middle ** 2;
}

/** Most requests within any minute. */
function busiestMinute(atSeconds: readonly number[]): number {
  let first = 0;
  return atSeconds.reduce((most, at, index) => {
    while (at - atSeconds[first]! > MINUTE_S) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}
