import { EXIT, RidgeError } from '../errors.ts';
import { hostClockOffsetS } from '../host-clock.ts';
import type { LoadPort } from '../load/port.ts';
import type { RequestTimeline } from '../measure/timeline.ts';
import type { SeenRequest, Span } from './stamps.ts';

export interface StreamLoad {
  readonly streams: number;
  readonly outputTokens: number;
  /** The streams begin evenly over it, so that requests begin and end at all times. */
  readonly rampS: number;
  readonly windowS: number;
}

export interface DrivenStreams {
  /** Completed requests of each port, on the host's clock. */
  readonly seen: readonly (readonly SeenRequest[])[];
  /** While all streams were busy; seconds on this thread's clock. */
  readonly window: Span;
}

const INPUT_TOKENS = 8;

/**
 * A closed loop spread over several ports; ends when the requests that were in flight at the window's end are done.
 * @throws RidgeError (exit 3) with the message of the first request that failed
 */
export function driveStreams(ports: readonly LoadPort[], load: StreamLoad): Promise<DrivenStreams> {
  return new Promise((resolve, reject) => {
    const { streams, outputTokens, rampS, windowS } = load;
    const begun = ports[0]!.now();
    const window = { from: begun + rampS, to: begun + rampS + windowS };
    const seen = ports.map((): SeenRequest[] => []);
    const sent = ports.map(() => 0);
    let busy = streams;
    const streamEnded = (): void => {
      busy -= 1;
      if (busy === 0) resolve({ seen, window });
    };
    const send = (lane: number, stream: number): void => {
      const port = ports[lane]!;
      const sequence = sent[lane]!++;
      const lengths = { inputTokens: INPUT_TOKENS, outputTokens };
      port.send({ sequence, stream, role: 'load', ...lengths, scheduledAt: port.now() }, (timeline) => {
        const { outcome } = timeline;
        if (outcome.state === 'completed') seen[lane]!.push(seenOf(timeline));
        else reject(requestFailed(outcome));
        if (outcome.state === 'completed' && port.now() < window.to) send(lane, stream);
        else streamEnded();
      });
    };
    for (let stream = 0; stream < streams; stream++) {
      const lane = stream % ports.length;
      const own = Math.floor(stream / ports.length);
      ports[lane]!.at(begun + (rampS * stream) / streams, () => send(lane, own));
    }
  });
}

const seenOf = ({ sequence, sent_s, chunks }: RequestTimeline): SeenRequest => ({
  sequence,
  sentAt: sent_s + hostClockOffsetS,
  stampedAt: chunks.at_s.map((at) => at + hostClockOffsetS),
});

const requestFailed = (outcome: RequestTimeline['outcome']): RidgeError =>
  new RidgeError(
    `a request to the null server failed: ${outcome.state === 'failed' ? outcome.message : outcome.state}`,
    { exitCode: EXIT.failed },
  );
