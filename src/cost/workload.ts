import type { ModelCard } from '../model/card.ts';
import { cachedTokens } from '../roofline/serving.ts';
import type { Speculation } from '../roofline/speculation.ts';
import type { LengthMix } from './length-mix.ts';
import type { Statistic } from './queue.ts';

/** What requests share with each other, and how servers propose tokens. */
export interface Served {
  /** Tokens at the beginning of every prompt that are in the prefix cache, the same for all; default 0. */
  readonly cached_input?: number | undefined;
  /** Absent: every step gives a sequence one token. */
  readonly speculation?: Speculation | undefined;
  /** The model that proposes tokens; default: the one whose cost a fit measured, else proposals cost nothing. */
  readonly draft?: ModelCard | undefined;
}

/** Requests of one shape, or of many: then `input` and `output` are means. */
export interface Workload extends Served {
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

/** Tokens of a prompt that the prefix cache gives: whole KV blocks. */
export const cachedOf = ({ cached_input }: Served, input: number): number =>
  cached_input === undefined ? 0 : cachedTokens({ inputTokens: input, cachedInputTokens: cached_input });

/** Of them, what all requests that decode hold together once. */
export const sharedTokens = (workload: Workload): number =>
  cachedOf(workload, (workload.mix?.decoding ?? workload).input);

/** KV slots of a sequence for tokens that are proposed and not yet accepted. */
export const proposedSlots = ({ speculation }: Served): number => speculation?.draftTokens ?? 0;

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
