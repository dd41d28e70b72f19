import { describe, expect, onTestFinished, test } from 'vitest';
import { giveBackThread, takeThread } from '../../src/endpoint/idle-threads.ts';
import { createEndpointPort, type EndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import { packTimeline, unpackTimeline } from '../../src/endpoint/travelling-timeline.ts';
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

async function portWithThreads(url: string): Promise<EndpointPort> {
  const port = createEndpointPort({
    url,
    apiKey: null,
    model: 'null',
    features,
    temperature: 0,
    seed: 1,
    prompts: randomIdPrompts(1000, 1),
    requestTimeoutSeconds: 20,
    stallTimeoutSeconds: 20,
    workers: 2,
  });
  onTestFinished(() => port.close());
  await port.ready();
  return port;
}

async function nullServer(keepLog = true) {
  const server = await startNullServer({ periodMs: 5, firstTokenMs: 20, release: 'together', keepLog });
  onTestFinished(() => server.stop());
  return server;
}

const spec = (sequence: number, outputTokens = 6) =>
  ({ sequence, stream: sequence, role: 'load', inputTokens: 4, outputTokens, scheduledAt: 1.25 }) as const;

const sendTo = (port: EndpointPort, sequence: number, outputTokens?: number): Promise<RequestTimeline> =>
  new Promise((resolve) => port.send(spec(sequence, outputTokens), resolve));

describe('two threads', () => {
  test('share the streams, and their timelines are on the clock of the thread that asked', async () => {
    const server = await nullServer();
    const port = await portWithThreads(server.url);
    const begun = port.now();
    const timelines = await Promise.all(
      Array.from({ length: 6 }, (_, i) => new Promise<RequestTimeline>((done) => port.send(spec(i), done))),
    );
    const ended = port.now();
    const truth = await server.takeLog();
    for (const timeline of timelines) {
      expect(timeline).toMatchObject({
        outcome: { state: 'completed' },
        chunks: { tokens: [1, 1, 1, 1, 1, 1] },
        usage: { prompt_tokens: 4, completion_tokens: 6 },
        scheduled_s: 1.25,
      });
      expect(timeline.sent_s).toBeGreaterThan(begun);
      expect(timeline.ended_s).toBeLessThan(ended);
      const sent = truth.find(({ requestId }) => requestId!.endsWith(`-${timeline.sequence}`))!;
      timeline.chunks.at_s.forEach((at, token) => {
        expect(at + hostClockOffsetS).toBeGreaterThan(sent.sentAt[token]! - 50e-6);
      });
    }
    expect(new Set(truth.map(({ requestId }) => requestId!.split('-')[1])).size).toBe(2);
    expect(await port.counts()).toMatchObject({ connections: 6, fullReads: 0 });
  });

  test('abort what they are asked to, once', async () => {
    const { url } = await nullServer(false);
    const port = await portWithThreads(url);
    let ends = 0;
    const aborted = new Promise<RequestTimeline>((resolve) => {
      const abort = port.send(spec(0, 100_000), (timeline) => {
        ends += 1;
        resolve(timeline);
      });
      setTimeout(abort, 60);
    });
    const other = new Promise<RequestTimeline>((resolve) => port.send(spec(1), resolve));
    expect((await aborted).outcome).toEqual({ state: 'aborted' });
    expect((await other).outcome.state).toBe('completed');
    expect(ends).toBe(1);
  });

  test('serve the next port as well, which knows nothing of the one before', async () => {
    const { url } = await nullServer(false);
    const first = await portWithThreads(url);
    let abortOfFirst = (): void => {};
    await new Promise<RequestTimeline>((ended) => {
      abortOfFirst = first.send(spec(0), ended);
    });
    await first.close();
    const idle = [takeThread(), takeThread()];
    for (const thread of idle) giveBackThread(thread);
    const second = await portWithThreads(url);
    const request = sendTo(second, 0, 20);
    abortOfFirst();
    expect((await request).outcome.state).toBe('completed');
    expect(await second.counts()).toMatchObject({ connections: 1 });
    const late = await sendTo(first, 1);
    expect(late.outcome).toMatchObject({ state: 'failed', kind: 'connection' });
    await second.close();
    expect(new Set([takeThread(), takeThread()])).toEqual(new Set(idle));
    for (const thread of idle) giveBackThread(thread);
  });

  test('that are asked and closed in one breath still answer', async () => {
    const { url } = await nullServer(false);
    const port = await portWithThreads(url);
    const counts = port.counts();
    await port.close();
    expect(await counts).toMatchObject({ connections: 0 });
    await port.close();
  });

  test('that end take their requests with them: each fails, none is lost', async () => {
    const { url } = await nullServer(false);
    const port = await portWithThreads(url);
    const requests = [0, 1, 2].map(
      (i) => new Promise<RequestTimeline>((resolve) => port.send(spec(i, 100_000), resolve)),
    );
    await port.close();
    for (const { outcome } of await Promise.all(requests)) {
      expect(outcome).toMatchObject({ state: 'failed', kind: 'connection' });
    }
    const late = await new Promise<RequestTimeline>((resolve) => port.send(spec(3), resolve));
    expect(late.outcome).toMatchObject({ state: 'failed', kind: 'connection' });
    await expect(port.counts()).rejects.toThrow();
  });
});

test('a timeline survives the way between two clocks', () => {
  const timeline: RequestTimeline = {
    ...{ sequence: 3, stream: 1, role: 'load', input_tokens: 4, output_tokens: 2, scheduled_s: 1 },
    ...{
      sent_s: 2,
      first_byte_s: 3,
      first_choices_s: null,
      ended_s: 6,
      usage: null,
      tokens_counted_by: 'server',
    },
    chunks: { at_s: [4, 5], tokens: [1, 3], bound_s: [0.25, 0.5] },
    outcome: { state: 'aborted' },
  };
  expect(unpackTimeline(packTimeline(timeline, 1024), -1024)).toEqual(timeline);
  expect(packTimeline(timeline, 1024).facts).toMatchObject({ sent_s: 1026, first_choices_s: null });
});
