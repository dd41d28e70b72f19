import type { EndpointPort } from '../../src/endpoint/port.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import type { ClientLoad } from './load.ts';

/** What came of a load: its completed requests in the order of their sending (none where they are not kept), and how many failed. */
export interface LoadRun {
  readonly kept: RequestTimeline[];
  readonly failed: number;
}

/** A closed loop over the endpoint port, every stream from the first instant on, as other clients run it. */
export async function runLoad(port: EndpointPort, load: ClientLoad, keeps: boolean): Promise<LoadRun> {
  const kept: RequestTimeline[] = [];
  let failed = 0;
  let sent = 0;
  let ended = 0;
  const { inputTokens, outputTokens } = load;

  function send(stream: number, done: () => void): void {
    const lengths = { inputTokens, outputTokens };
    const spec = { sequence: sent++, stream, role: 'load', ...lengths, scheduledAt: port.now() } as const;
    port.send(spec, (timeline) => {
      ended += 1;
      if (timeline.outcome.state !== 'completed') {
        failed += 1;
        console.error(JSON.stringify(timeline.outcome));
      } else if (keeps) kept.push(timeline);
      if (sent < load.requests) send(stream, done);
      else if (ended === load.requests) done();
    });
  }

  await new Promise<void>((resolve) => {
    const streams = Math.min(load.streams, load.requests);
    for (let stream = 0; stream < streams; stream++) send(stream, resolve);
  });
  return { kept: kept.sort((a, b) => a.sequence - b.sequence), failed };
}
