import { writeFile } from 'node:fs/promises';
import { createEndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import { hostClockOffsetS } from '../../src/host-clock.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import type { ClientLoad, ClientResult } from './load.ts';

/** What the process is asked, as JSON in its first argument. */
export interface OwnClientTask extends ClientLoad {
  readonly url: string;
  readonly workers: number;
  /** Where the result goes; null: nothing is kept of the requests (for long runs). */
  readonly result: string | null;
}

/** A closed loop over the endpoint port, every stream from the first instant on, as other clients run it. */
const task = JSON.parse(process.argv[2]!) as OwnClientTask;
const port = createEndpointPort({
  url: task.url,
  apiKey: null,
  model: 'null',
  features: {
    token_id_prompts: true,
    cache_salt: true,
    continuous_usage: true,
    return_token_ids: true,
    metrics: false,
  },
  prompts: randomIdPrompts(1000, 1),
  temperature: 0,
  seed: 1,
  requestTimeoutSeconds: 600,
  stallTimeoutSeconds: 60,
  workers: task.workers,
});

await port.ready();

const kept: RequestTimeline[] = [];
let failed = 0;
let sent = 0;
let ended = 0;

function send(stream: number, done: () => void): void {
  const { inputTokens, outputTokens } = task;
  const spec = {
    sequence: sent++,
    stream,
    role: 'load',
    inputTokens,
    outputTokens,
    scheduledAt: port.now(),
  } as const;
  port.send(spec, (timeline) => {
    ended += 1;
    if (timeline.outcome.state !== 'completed') {
      failed += 1;
      console.error(JSON.stringify(timeline.outcome));
    }
    if (task.result !== null) kept.push(timeline);
    if (sent < task.requests) send(stream, done);
    else if (ended === task.requests) done();
  });
}

await new Promise<void>((resolve) => {
  for (let stream = 0; stream < Math.min(task.streams, task.requests); stream++) send(stream, resolve);
});
const counts = await port.counts();
await port.close();
console.log(JSON.stringify({ failed, ...counts, rss_bytes: process.memoryUsage.rss() }));
if (task.result !== null) {
  kept.sort((a, b) => a.sequence - b.sequence);
  const gaps = (at: readonly number[]): number[] => at.slice(1).map((time, i) => time - at[i]!);
  const result: ClientResult = {
    failed,
    ttfts: kept.map(({ chunks, sent_s }) => (chunks.at_s[0] ?? Number.NaN) - sent_s),
    itls: kept.map(({ chunks }) => gaps(chunks.at_s)),
    start_times: kept.map(({ sent_s }) => sent_s + hostClockOffsetS),
    bounds: kept.map(({ chunks }) => [...chunks.bound_s]),
  };
  await writeFile(task.result, JSON.stringify(result));
}
