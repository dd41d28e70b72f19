import { describe, expect, it } from 'vitest';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import type { ModelCard } from '../../src/model/card.ts';
import { builtInCard } from '../../src/model/cards.ts';
import { parseFault } from '../../src/simulate/faults.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { endpoint } from './endpoint.ts';
import { card, device } from './factory.ts';

const small = builtInCard('meta-llama/Llama-3.1-8B')!;
const mixture = builtInCard('Qwen/Qwen3-30B-A3B')!;
const windowed = builtInCard('openai/gpt-oss-120b')!;

/** Share by which a server's estimates are off the card that it is thought to serve; null: they agree. */
async function mismatch(served: ModelCard, thought: ModelCard, faults: readonly string[] = []) {
  const { url } = await endpoint({
    device: device({ card: served, timeScale: 0.01, maxNumBatchedTokens: 1024, kvCapacityTokens: 200_000 }),
    faults: faults.map(parseFault),
  });
  const target = { url, model: null, api_key: null, api_key_env: null };
  const known = await identifyEndpoint({ url, apiKey: null, apiKeyEnv: null, model: null });
  const { reasons, server } = await runCell(
    target,
    known,
    {
      kind: 'load',
      input_tokens: 1500,
      output_tokens: 40,
      concurrency: 4,
      arrivals: null,
      kv_fill: null,
      seed: 1,
      max_length_tokens: null,
      max_num_seqs: null,
      vocabulary_size: null,
      first_of_shape: false,
      protocol: protocolSchema.parse({}),
      stop: stopSchema.parse({ min_requests: 20, max_requests: 40, min_s: 0.1, confidence_half_width: 0.5 }),
      objectives: null,
      counted: { card: thought, tensor_parallel: 1, max_num_batched_tokens: 1024 },
    },
    { progress: () => undefined, requests: () => undefined, steps: () => undefined },
    new AbortController().signal,
  );
  expect(server?.estimated_flop).toBeGreaterThan(0);
  const found = reasons.find(({ code }) => code === 'model_card_mismatch');
  if (found !== undefined) {
    expect(found).toMatchObject({ effect: 'flagged', fit: 'use', threshold: 0.1 });
    expect(found.message).toMatch(
      /^the server counts \d\.\d\de\+\d+ (FLOP|bytes) a device, the model card \d\.\d\de\+\d+:/,
    );
  }
  return found?.value ?? null;
}

describe('a server that estimates its own FLOPs and bytes', () => {
  it.each([
    ['dense', small],
    ['made of experts', mixture],
    ['with windows', windowed],
  ])('agrees with the card of a model that is %s', async (_, model) => {
    expect(await mismatch(model, model)).toBeNull();
  });

  it('shows a card of another model, or of other weights', async () => {
    expect(await mismatch(small, { ...card, weight_groups: mixture.weight_groups })).toBeGreaterThan(0.5);
    const halved = small.weight_groups.map((group) => ({ ...group, bytes_per_parameter: 1 }));
    expect(await mismatch(small, { ...small, weight_groups: halved })).toBeGreaterThan(0.1);
  });

  it('is flagged when it is wrong itself', async () => {
    expect(await mismatch(small, small, ['wrong-estimates'])).toBeGreaterThan(0.3);
    expect(() => parseFault('wrong-estimates:3')).toThrow('not of requests');
  });
});
