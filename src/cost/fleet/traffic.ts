import type { Requests } from './requests.ts';
import { SLICES } from './usage.ts';

/** What arrived in a part of the trace's time. */
export interface TrafficSlice {
  readonly start_s: number;
  readonly end_s: number;
  readonly requests_per_s: number;
  /** Means; null where nothing arrived. */
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
}

/** The mix over the trace, in as many parts as tasks are counted. */
export function trafficOf({ at_s, count, input, output }: Requests): TrafficSlice[] {
  const width = at_s[count - 1]! / SLICES;
  const sums = Array.from({ length: SLICES }, () => ({ requests: 0, input: 0, output: 0 }));
  for (let request = 0; request < count; request += 1) {
    const sum = sums[Math.min(SLICES - 1, Math.floor(at_s[request]! / width))]!;
    sum.requests += 1;
    sum.input += input[request]!;
    sum.output += output[request]!;
  }
  return sums.map((sum, index) => ({
    start_s: index * width,
    end_s: (index + 1) * width,
    requests_per_s: sum.requests / width,
    input_tokens: sum.requests === 0 ? null : sum.input / sum.requests,
    output_tokens: sum.requests === 0 ? null : sum.output / sum.requests,
  }));
}
