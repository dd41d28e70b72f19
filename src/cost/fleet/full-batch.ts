import type { Objective } from '../workload.ts';
import type { Requests } from './requests.ts';
import type { Service } from './service.ts';

/**
 * The largest batch whose decode step keeps below a share of the limits on TPOT and on gaps between tokens, at the trace's mean
 * context.
 */
export function fullBatchOf(
  { seats, decodeSeconds }: Service,
  requests: Requests,
  objectives: readonly Objective[],
  share: number,
): number {
  const { context, stepsPerToken } = decodingOf(requests);
  const limits = objectives.flatMap(({ metric, limit_s }) =>
    metric === 'tpot' ? [limit_s / stepsPerToken] : metric === 'tbt' ? [limit_s] : [],
  );
  if (limits.length === 0) return seats;
  const most = share * Math.min(...limits);
  let [low, high] = [1, seats + 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (decodeSeconds(middle, context) <= most) low = middle;
    else high = middle;
  }
  return low;
}

/** What the answers of a trace are on average while they decode. */
function decodingOf({ input, output, steps, count }: Requests) {
  let [context, tokens, later, taken] = [0, 0, 0, 0];
  for (let request = 0; request < count; request += 1) {
    context += output[request]! * (input[request]! + output[request]! / 2);
    tokens += output[request]!;
    later += output[request]! - 1;
    taken += steps[request]!;
  }
  return { context: context / tokens, stepsPerToken: later > 0 ? taken / later : 1 };
}
