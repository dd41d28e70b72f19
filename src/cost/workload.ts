import type { LengthMix } from './length-mix.ts';
import type { Statistic } from './queue.ts';

/** Requests of one shape, or of many: then `input` and `output` are means. */
export interface Workload {
  readonly input: number;
  readonly output: number;
  /** Lengths and arrivals of a trace; absent: all requests alike, arrivals at random. */
  readonly mix?: LengthMix | undefined;
}

/** A latency limit. */
export interface Objective {
  /** As it was asked: `ttft_p99_ms`. */
  readonly key: string;
  /** TBT: the time between two tokens, over all gaps of all requests. */
  readonly metric: 'ttft' | 'tpot' | 'e2e' | 'tbt';
  readonly statistic: Statistic;
  readonly limit_s: number;
}

/** Prompts by class of length; one class where all are alike. */
export const promptsOf = ({ input, mix }: Workload): LengthMix['prompts'] =>
  mix?.prompts ?? [{ input, share: 1 }];

/** The decode steps of a request see this context on average. */
export const meanContext = (workload: Workload): number => {
  const { input, output } = workload.mix?.decoding ?? workload;
  return input + output / 2;
};

/** Tokens that a request which decodes holds in the end, on average. */
export const wholeRequest = (workload: Workload): number => {
  const { input, output } = workload.mix?.decoding ?? workload;
  return input + output;
};

/** Tokens of the longest request, which a server must be able to hold. */
export const longestRequest = ({ input, output, mix }: Workload): number => mix?.longest ?? input + output;

export const longestPrompt = ({ input, mix }: Workload): number => mix?.longest_prompt ?? input;

/** A length by a statistic over the requests. */
export const lengthAt = (workload: Workload, side: 'input' | 'output', statistic: Statistic): number => {
  const { mix } = workload;
  if (mix === undefined || statistic === 'mean') return workload[side];
  return mix.quantiles.reduce((best, one) =>
    Math.abs(one.q - statistic) < Math.abs(best.q - statistic) ? one : best,
  )[side];
};
