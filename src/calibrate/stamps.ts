import type { SentResponse } from '../null-server/options.ts';
import { quantile, sortSample } from '../stats/sorted.ts';

/** A completed request as the client saw it; seconds on the host's monotonic clock. */
export interface SeenRequest {
  /** At the end of its `x-request-id`. */
  readonly sequence: number;
  readonly sentAt: number;
  /** The stamp of each token. */
  readonly stampedAt: readonly number[];
}

/** One request as the client and as the server saw it. */
export interface PairedRequest {
  readonly seen: SeenRequest;
  readonly truth: SentResponse;
}

/** Half-open, seconds on the host's clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What of the client's error is known, s. */
export interface StampErrors {
  /** Of requests that were sent in the span. */
  readonly ttftBias: readonly number[];
  /** Of tokens that left in the span. */
  readonly stamps: readonly number[];
}

/** How fast the server truly sent. */
export interface TrueRate {
  readonly eventsPerSecond: number;
  /** Mean time between two tokens of a stream, s. */
  readonly period: number;
}

/**
 * Matches the requests of one port with the log of its server.
 * @throws TypeError where they differ in a request or in a token: then nothing can be said of the stamps
 */
export function pairRequests(
  seen: readonly SeenRequest[],
  truth: readonly SentResponse[],
): readonly PairedRequest[] {
  const sent = new Map(truth.map((response) => [sequenceOf(response), response]));
  return seen.map((request) => {
    const response = sent.get(request.sequence);
    if (response?.complete !== true || response.sentAt.length !== request.stampedAt.length) {
      throw new TypeError(
        `request ${request.sequence}: ${request.stampedAt.length} tokens seen, ${response?.sentAt.length ?? 0} sent`,
      );
    }
    return { seen: request, truth: response };
  });
}

const sequenceOf = ({ requestId }: SentResponse): number =>
  Number(/-(\d+)$/.exec(requestId ?? '')?.[1] ?? Number.NaN);

/**
 * The TTFT bias of a request is what the client takes for its TTFT less the time between the request's arrival at the
 * server and the first token's departure. A stamp's error is the stamp less the instant before its token was handed to the
 * kernel, so that the hand-over itself is in it.
 */
export function stampErrors(pairs: readonly PairedRequest[], { from, to }: Span): StampErrors {
  const ttftBias: number[] = [];
  const stamps: number[] = [];
  for (const { seen, truth } of pairs) {
    if (seen.sentAt >= from && seen.sentAt < to) {
      const seenTtft = seen.stampedAt[0]! - seen.sentAt;
      ttftBias.push(seenTtft - (truth.sentAt[0]! - truth.receivedAt));
    }
    truth.sentAt.forEach((at, token) => {
      if (at >= from && at < to) stamps.push(seen.stampedAt[token]! - at);
    });
  }
  return { ttftBias, stamps };
}

/** Null where fewer than two tokens of a stream left in the span. */
export function trueRate(pairs: readonly PairedRequest[], { from, to }: Span): TrueRate | null {
  let events = 0;
  let gaps = 0;
  let seconds = 0;
  for (const { truth } of pairs) {
    const inside = truth.sentAt.filter((at) => at >= from && at < to);
    events += inside.length;
    if (inside.length < 2) continue;
    gaps += inside.length - 1;
    seconds += inside[inside.length - 1]! - inside[0]!;
  }
  return gaps === 0 ? null : { eventsPerSecond: events / (to - from), period: seconds / gaps };
}

export interface Distribution {
  readonly mean: number;
  readonly standardDeviation: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Null without values. They are errors of an instrument, not samples of a metric, so no floor applies to the p99. */
export function distributionOf(values: readonly number[]): Distribution | null {
  const sample = sortSample(values);
  if (sample === null) return null;
  const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
  const squares = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    standardDeviation: Math.sqrt(squares / Math.max(1, sample.length - 1)),
    min: sample[0]!,
    p50: quantile(sample, 0.5),
    p99: quantile(sample, 0.99),
    max: sample[sample.length - 1]!,
  };
}
