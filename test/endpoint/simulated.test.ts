import { expect, onTestFinished, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { waitForIdle } from '../../src/endpoint/idle.ts';
import { scrapeMetrics, snapshotDelta } from '../../src/endpoint/metrics.ts';
import { createEndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import type { LoadResult } from '../../src/load/cell.ts';
import { runClosedLoop } from '../../src/load/closed-loop.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { parseFault } from '../../src/simulate/faults.ts';
import { startEndpoint } from '../../src/simulate/server.ts';
import { cellOf } from '../load/run-cell.ts';

async function simulated(...faults: string[]) {
  const device = createDevice({
    accelerator: findAccelerator('h100-sxm'),
    card: builtInCard('llama-3.1-8b')!,
    timeScale: 0.2,
  });
  const endpoint = await startEndpoint({ device, faults: faults.map(parseFault) });
  onTestFinished(() => endpoint.close());
  const identity = await identifyEndpoint({ url: endpoint.url, apiKey: null, apiKeyEnv: null, model: null });
  return { url: endpoint.url, identity };
}

test('the simulated endpoint is identified as vLLM with every feature, and tells its truth', async () => {
  const { identity } = await simulated();
  expect(identity.engine.name).toBe('vllm');
  expect(identity.warnings).toEqual([]);
  expect(Object.values(identity.features)).toEqual([true, true, true, true, true]);
  expect(identity.kv_capacity_tokens).toBeGreaterThan(100_000);
  expect(identity.simulator?.parameters.memory_bytes_per_s).toBeGreaterThan(1e12);
});

test('a stream without usage is named as such, not as what cannot be seen without it', async () => {
  const { identity } = await simulated('no-usage');
  expect(identity.warnings).toEqual([expect.stringContaining('streams carry no token usage')]);
});

test('a cell over sockets: exact lengths, every token that the server counted, and no prefix hit', async () => {
  const { url, identity } = await simulated();
  const port = createEndpointPort({
    url,
    apiKey: null,
    model: identity.model.id,
    features: identity.features,
    prompts: randomIdPrompts(128_000),
    temperature: 0,
    seed: 1,
    requestTimeoutSeconds: 30,
    stallTimeoutSeconds: 30,
  });
  onTestFinished(() => port.close());
  const before = (await scrapeMetrics(url))!;
  const cell = cellOf({
    concurrency: 4,
    inputTokens: 300,
    outputTokens: 20,
    stop: { min_s: 0.3, max_s: 1.5, min_requests: 8, confidence_half_width: 1 },
  });
  const result = await new Promise<LoadResult>((done) => runClosedLoop(port, cell, { done }));
  expect(await waitForIdle(() => scrapeMetrics(url), { pollMs: 5 })).toBe(true);
  const delta = snapshotDelta(before, (await scrapeMetrics(url))!, null);

  const completed = result.timelines.filter(({ outcome }) => outcome.state === 'completed');
  const aborted = result.timelines.filter(({ outcome }) => outcome.state === 'aborted');
  expect(completed.length + aborted.length).toBe(result.timelines.length);
  for (const { usage, input_tokens, output_tokens, chunks } of completed) {
    expect(usage).toMatchObject({ prompt_tokens: input_tokens, completion_tokens: output_tokens });
    expect(chunks.tokens.reduce((sum, tokens) => sum + tokens, 0)).toBe(output_tokens);
  }
  const seenOf = (timelines: readonly RequestTimeline[]) =>
    timelines.flatMap(({ chunks }) => chunks.tokens).reduce((sum, tokens) => sum + tokens, 0);
  const unseen = delta.generation_tokens! - seenOf(result.timelines);
  // An aborted request may have run on until the server noticed, but no further than its length.
  const mostUnseen = aborted.reduce((sum, request) => sum + request.output_tokens, 0) - seenOf(aborted);
  expect(unseen).toBeGreaterThanOrEqual(0);
  expect(unseen).toBeLessThanOrEqual(mostUnseen);
  expect(delta.prefix_cache_hits).toBe(0);
});
