import { expect, onTestFinished, test } from 'vitest';
import { createEndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import { hostClockOffsetS } from '../../src/host-clock.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { startNullServer } from '../../src/null-server/start.ts';

const features = {
  token_id_prompts: true,
  cache_salt: true,
  continuous_usage: true,
  return_token_ids: true,
  metrics: false,
};

test('true send times of every token lie before the client saw it, on one clock', async () => {
  const server = await startNullServer({ periodMs: 5, firstTokenMs: 20, release: 'together', keepLog: true });
  onTestFinished(() => server.stop());
  // It has warmed up on requests of its own, which are not its clients'.
  expect(await server.counts()).toMatchObject({ requests: 0, tokens: 0, connections: 0 });
  const port = createEndpointPort({
    url: server.url,
    apiKey: null,
    model: 'null',
    features,
    temperature: 0,
    seed: 1,
    prompts: randomIdPrompts(1000, 1),
    requestTimeoutSeconds: 10,
    stallTimeoutSeconds: 10,
  });
  onTestFinished(() => port.close());
  const send = (sequence: number): Promise<RequestTimeline> =>
    new Promise((resolve) =>
      port.send(
        { sequence, stream: sequence, role: 'load', inputTokens: 4, outputTokens: 6, scheduledAt: 0 },
        resolve,
      ),
    );
  const timelines = await Promise.all([send(0), send(1), send(2)]);
  const log = await server.takeLog();
  expect(log).toHaveLength(3);
  for (const timeline of timelines) {
    const truth = log.find(({ requestId }) => requestId!.endsWith(`-${timeline.sequence}`))!;
    expect(truth.complete).toBe(true);
    expect(truth.sentAt).toHaveLength(6);
    expect(timeline.outcome.state).toBe('completed');
    expect(timeline.sent_s + hostClockOffsetS).toBeLessThan(truth.receivedAt);
    expect(truth.sentAt[0]! - truth.receivedAt).toBeGreaterThanOrEqual(0.02);
    timeline.chunks.at_s.forEach((at, index) => {
      // The two threads' offsets are each measured to a microsecond or so.
      expect(at + hostClockOffsetS).toBeGreaterThan(truth.sentAt[index]! - 10e-6);
    });
  }
  expect(await server.takeLog()).toEqual([]);
  expect(await server.counts()).toMatchObject({ requests: 3, tokens: 18, delayedWrites: 0 });
});
