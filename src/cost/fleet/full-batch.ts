import type { Objective } from '../workload.ts';
import type { Requests } from './requests.ts';
import type { Service } from './service.ts';

/**
 * The largest batch whose decode step keeps below a share of the limits on TPOT and on gaps between tokens, at the trace's mean
 * context.
 */
export function fullBatchOf(
  { seats, decodeSeconds }: Service,
  { input, output, count }: Requests,
  objectives: readonly Objective[],
  share: number,
): number {
  const limits = objectives
    .filter(({ metric }) => metric === 'tpot' || metric === 'tbt')
    .map(({ limit_s }) => limit_s);
  if (limits.length === 0) return seats;
  const most = share * Math.min(...limits);
  let context = 0;
  let tokens = 0;
  for (let request = 0; request < count; request += 1) {
    context += output[request]! * (input[request]! + output[request]! / 2);
    tokens += output[request]!;
  }
  let [low, high] = [1, seats + 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (decodeSeconds(middle, context / tokens) <= most) low = middle;
    else high = middle;
  }
  return low;
}
