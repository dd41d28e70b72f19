import type { SentResponse } from '../../src/null-server/options.ts';
import type { ClientResult } from './load.ts';

/** One request as the client and as the server saw it. */
export interface Pair {
  readonly ttft: number;
  /** The client's stamps of all tokens, on the host's clock. */
  readonly stamps: readonly number[];
  readonly bounds: readonly number[] | null;
  readonly truth: SentResponse;
}

/**
 * Matches requests by the number that both clients put at the end of their request ids, which is its place in the result.
 * Where a client sends other ids, or none, requests are matched in the order of their sending.
 */
export function pairs(result: ClientResult, truth: readonly SentResponse[]): Pair[] {
  const numbered = new Map<number, SentResponse>();
  for (const response of truth) {
    const number = /-(\d+)$/.exec(response.requestId ?? '')?.[1];
    if (number !== undefined && response.complete) numbered.set(Number(number), response);
  }
  const byOrder = [...truth].filter(({ complete }) => complete).sort((a, b) => a.receivedAt - b.receivedAt);
  const order = result.start_times
    .map((_, index) => index)
    .sort((a, b) => result.start_times[a]! - result.start_times[b]!);
  const useNumbers = numbered.size >= result.ttfts.length;
  return order.flatMap((index, place) => {
    const found = useNumbers
      ? numbered.get(result.numbers?.[index] ?? index)
      : byOrder[byOrder.length - order.length + place];
    const itls = result.itls[index]!;
    if (found === undefined || itls.length + 1 !== found.sentAt.length) return [];
    const ttft = result.ttfts[index]!;
    let time = result.start_times[index]! + ttft;
    const stamps = [time, ...itls.map((gap) => (time += gap))];
    return [{ ttft, stamps, bounds: result.bounds?.[index] ?? null, truth: found }];
  });
}
