import { writeFile } from 'node:fs/promises';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import type { ClientLoad } from './load.ts';
import { portToNullServer, resultOf } from './own-port.ts';

/** What the process is asked, as JSON in its first argument. */
export interface OwnClientTask extends ClientLoad {
  readonly url: string;
  readonly workers: number;
  /** Where the result goes; null: nothing is kept of the requests (for long runs). */
  readonly result: string | null;
}

/** A closed loop over the endpoint port, every stream from the first instant on, as other clients run it. */
const task = JSON.parse(process.argv[2]!) as OwnClientTask;
const port = await portToNullServer(task.url, task.workers);
const kept: RequestTimeline[] = [];
let failed = 0;
let sent = 0;
let ended = 0;

function send(stream: number, done: () => void): void {
  const { inputTokens, outputTokens } = task;
  const lengths = { inputTokens, outputTokens };
  port.send({ sequence: sent++, stream, role: 'load', ...lengths, scheduledAt: port.now() }, (timeline) => {
    ended += 1;
    if (timeline.outcome.state !== 'completed') {
      failed += 1;
      console.error(JSON.stringify(timeline.outcome));
    } else if (task.result !== null) kept.push(timeline);
    if (sent < task.requests) send(stream, done);
    else if (ended === task.requests) done();
  });
}

await new Promise<void>((resolve) => {
  const streams = Math.min(task.streams, task.requests);
  for (let stream = 0; stream < streams; stream++) send(stream, resolve);
});
console.log(JSON.stringify({ failed, ...(await port.counts()) }));
await port.close();
if (task.result !== null) {
  kept.sort((a, b) => a.sequence - b.sequence);
  await writeFile(task.result, JSON.stringify(resultOf(kept, failed)));
}
