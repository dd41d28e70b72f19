import { expect, test } from 'vitest';
import { readPadding, toldBuckets } from '../../src/run/read-padding.ts';
import type { Served } from '../../src/run/schema.ts';
import { LogReader } from '../../src/server/log-facts.ts';
import { runTarget } from './facts.ts';

const served = (...lines: string[]): Served => {
  const reader = new LogReader();
  for (const line of lines) reader.read(line);
  return { log_file: 'server/a.log', ready_after_s: 1, starts: 1, log: reader.facts };
};
const target = { ...runTarget(), definition: { url: 'http://h:1' } };
const GAUDI = served(
  'Generated 4 prompt buckets [bs, query, num_blocks]: [(1, 128, 0), (2, 128, 0), (1, 256, 8), (1, 256, 2)]',
  'Generated 3 decode buckets [bs, query, num_blocks]: [(4, 1, 16), (1, 1, 64), (4, 1, 64)]',
);
const VLLM = served(
  "LLM engine (v0.12.0) with config: compilation_config={'cudagraph_capture_sizes': [4, 1, 2]}",
);
const graphs = (batch: number[] | null) => ({ batch, query: null, kv_blocks: null });

test('nothing is known where nobody says anything', () => {
  expect(readPadding(target)).toBeNull();
  expect(readPadding({ ...target, served: served('INFO ready') })).toBeNull();
});

test("Gaudi's buckets are sizes of each axis, in blocks as large as the server's", () => {
  expect(readPadding({ ...target, served: GAUDI })).toEqual({
    batch: [1, 4],
    query: [128, 256],
    kv_blocks: [16, 64],
    context_blocks: [2, 8],
    block_size: target.settings.block_size.value ?? 128,
    source: 'log',
  });
  const buckets = { prompt: [[1, 512, 0]], decode: [[2, 1, 0]], block_size: 128 } as never;
  const lab = { ...target, served: GAUDI, definition: { ...target.definition, buckets } };
  expect(readPadding(lab)).toEqual({
    batch: [2],
    query: [512],
    kv_blocks: null,
    block_size: 128,
    source: 'config',
  });
  expect(toldBuckets(lab)).toEqual({ buckets, source: 'config' });
});

test('graph sizes are those of the lab, else of the log, else of the page', () => {
  const page = { ...target, graph_sizes: [1, 8] };
  expect(readPadding(page)).toMatchObject({ ...graphs([1, 8]), source: 'config' });
  expect(readPadding({ ...page, served: VLLM })).toMatchObject({ ...graphs([1, 2, 4]), source: 'log' });
  const definition = { ...target.definition, graph_sizes: [16, 32] };
  expect(readPadding({ ...page, served: VLLM, definition })).toMatchObject({
    ...graphs([16, 32]),
    source: 'config',
  });
});

test('a server that captured none is known to pad nothing', () => {
  expect(readPadding({ ...target, graph_sizes: [] })).toMatchObject({ ...graphs(null), source: 'config' });
});
