import { ownClient } from './commands.ts';
import { loadOf } from './load.ts';
import { type Cores, runClient } from './run-client.ts';

/** So many streams at once, a token a second each: false when the client fails a request by itself. */
export async function checkManyStreams(cores: Cores, resultFile: string, streams: number): Promise<boolean> {
  const timing = { periodMs: 1000, firstTokenMs: 1000, release: 'spread', keepLog: false } as const;
  const load = { ...loadOf(streams, 2), outputTokens: 8 };
  const { result, server } = await runClient(ownClient(1), load, timing, cores, resultFile);
  const failed = result!.failed;
  const whole = result!.itls.filter((gaps) => gaps.length === load.outputTokens - 1).length;
  const ok = failed === 0 && whole === load.requests && server.connections === streams;
  console.log(
    `  ${ok ? 'ok  ' : 'MISS'}  ${streams} streams at once: ${failed} requests failed, ${whole} of ${load.requests} whole, over ${server.connections} connections`,
  );
  return ok;
}
