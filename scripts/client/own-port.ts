import { createEndpointPort, type EndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import { hostClockOffsetS } from '../../src/host-clock.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { NULL_MODEL } from '../../src/null-server/options.ts';
import type { ClientResult } from './load.ts';

/** Our client's port to a null server, ready to send. */
export async function portToNullServer(url: string, workers: number): Promise<EndpointPort> {
  const port = createEndpointPort({
    url,
    apiKey: null,
    model: NULL_MODEL,
    features: {
      token_id_prompts: true,
      cache_salt: true,
      continuous_usage: true,
      return_token_ids: true,
      metrics: false,
    },
    prompts: randomIdPrompts(null, 1),
    temperature: 0,
    seed: 1,
    requestTimeoutSeconds: 600,
    stallTimeoutSeconds: 60,
    workers,
  });
  await port.ready();
  return port;
}

/** Completed requests in the form of other clients' results; `origin_s` is where their times begin on this thread's clock. */
export function resultOf(timelines: readonly RequestTimeline[], failed: number, origin_s = 0): ClientResult {
  const gaps = (at: readonly number[]): number[] => at.slice(1).map((time, i) => time - at[i]!);
  return {
    failed,
    numbers: timelines.map(({ sequence }) => sequence),
    ttfts: timelines.map(({ chunks, sent_s }) => chunks.at_s[0]! - sent_s),
    itls: timelines.map(({ chunks }) => gaps(chunks.at_s)),
    start_times: timelines.map(({ sent_s }) => sent_s + origin_s + hostClockOffsetS),
    bounds: timelines.map(({ chunks }) => [...chunks.bound_s]),
  };
}
