import type { RequestTimeline } from '../measure/timeline.ts';
import { childSeed } from '../stats/random.ts';
import { arrivalTimes, sendWhenDue } from './arrivals.ts';
import type { OpenLoopCell } from './cell.ts';
import { outputLengths } from './lengths.ts';
import type { LoadPort } from './port.ts';
import type { InFlight, Requests } from './requests.ts';
import type { Timers } from './timers.ts';

export interface SenderHooks {
  /** What a request is for that is sent now. */
  role(): 'load' | 'filler';
  ended(timeline: RequestTimeline, request: InFlight): void;
  /** A request was due while as many were in flight as the cell may hold; it is not sent. */
  overrun(): void;
  /** The last request of a trace was sent. */
  traceEnded(): void;
}

/** Sends an open loop's requests from now on, each when it is due, until the timers are cancelled. */
export function sendArrivals(
  port: LoadPort,
  timers: Timers,
  requests: Requests,
  cell: OpenLoopCell,
  hooks: SenderHooks,
): void {
  const { arrivals, trace, seed } = cell;
  const drawLength = outputLengths(cell);
  let sent = 0;
  const next = arrivalTimes(arrivals, trace, childSeed(seed, 1));
  sendWhenDue(port, timers, port.now(), next, ({ lengths }, scheduledAt) => {
    if (requests.inFlight >= cell.mostInFlight) {
      hooks.overrun();
      return;
    }
    const request = {
      // No stream waits for its last request: each is one of its own.
      stream: sent++,
      role: hooks.role(),
      scheduledAt,
      inputTokens: lengths?.inputTokens ?? cell.inputTokens,
      outputTokens: lengths?.outputTokens ?? drawLength(),
    };
    requests.send(request, (timeline, one) => hooks.ended(timeline, one));
    if (sent === trace?.at_s.length) hooks.traceEnded();
  });
}
