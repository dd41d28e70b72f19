import type { Statistic } from './queue.ts';

/** Requests of one shape. */
export interface Workload {
  readonly input: number;
  readonly output: number;
}

/** A latency limit. */
export interface Objective {
  /** As it was asked: `ttft_p99_ms`. */
  readonly key: string;
  readonly metric: 'ttft' | 'tpot' | 'e2e';
  readonly statistic: Statistic;
  readonly limit_s: number;
}

/** The decode steps of a request see this context on average. */
export const meanContext = ({ input, output }: Workload): number => input + output / 2;
