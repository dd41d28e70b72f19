import { describe, expect, test } from 'vitest';
import { LastWords } from '../../src/server/last-words.ts';
import { LogReader } from '../../src/server/log-facts.ts';
import { redacted } from '../../src/server/output.ts';

const read = (...lines: string[]) => {
  const reader = new LogReader();
  for (const line of lines) reader.read(line);
  return reader.facts;
};

describe("a server's log", () => {
  test('of vLLM says version, chunk budget, KV capacity, sizes and types', () => {
    const facts = read(
      '(APIServer pid=1) INFO 11-26 21:46:23 [api_utils.py:347]  ▄▄ ▄█ █     █     █ ▀▄▀ █  version 0.32.0',
      "(APIServer pid=1) INFO 11-26 21:46:23 [api_utils.py:286] non-default args: {'max_model_len': 8192, 'block_size': 128, 'max_num_batched_tokens': 2048, 'max_num_seqs': 64}",
      "(EngineCore pid=2) INFO 11-26 21:46:40 [core.py:133] Initializing a V1 LLM engine (v0.32.1) with config: model='m', dtype=torch.float16, max_seq_len=8192, tensor_parallel_size=4, quantization=fp8, kv_cache_dtype=fp8_e4m3, device_config=cuda",
      '(EngineCore pid=2) INFO 11-26 21:47:03 [kv_cache_utils.py:2327] GPU KV cache size: 1,524,288 tokens, Maximum concurrency for 8,192 tokens per request: 186.00x',
      '(EngineCore pid=2) INFO 11-26 21:47:03 [scheduler.py:308] Chunked prefill is enabled with max_num_batched_tokens=4096.',
    );
    expect(facts).toEqual({
      engine: 'vllm',
      version: '0.32.1',
      dtype: 'float16',
      quantization: 'fp8',
      kv_cache_dtype: 'fp8_e4m3',
      tensor_parallel: 4,
      max_num_batched_tokens: 4096,
      max_num_seqs: 64,
      kv_capacity_tokens: 1_524_288,
      block_size: 128,
      prompt_buckets: null,
      decode_buckets: null,
      graph_sizes: null,
      proposer: null,
      not_warmed_up: 0,
    });
  });

  test('of vLLM without quantisation leaves it open', () => {
    const line =
      'V1 LLM engine (v0.32.0) with config: dtype=torch.bfloat16, quantization=None, kv_cache_dtype=auto';
    expect(read(line)).toMatchObject({ quantization: null, kv_cache_dtype: 'auto', dtype: 'bfloat16' });
  });

  test.each([
    [
      "INFO Initializing a V1 LLM engine (v0.12.0) with config: enforce_eager=False, compilation_config={'decoder_replay_cudagraph_capture_sizes': [3], 'cudagraph_mode': <CUDAGraphMode.FULL_AND_PIECEWISE: (2, 1)>, 'cudagraph_capture_sizes': [1, 2, 4, 16, 8], 'max_cudagraph_capture_size': 16}",
      [1, 2, 4, 8, 16],
    ],
    [
      'INFO Initializing a V1 LLM engine (v0.9.1) with config: compilation_config={"level":3,"cudagraph_capture_sizes":[512,256,1],"max_capture_size":512}',
      [1, 256, 512],
    ],
    [
      "INFO Initializing a V1 LLM engine (v0.32.0) with config: enforce_eager=True, compilation_config={'cudagraph_capture_sizes': []}",
      [],
    ],
    [
      "INFO Initializing a V1 LLM engine (v0.32.0) with config: compilation_config={'cudagraph_capture_sizes': [1, 2], 'cudagraph_mode': <CUDAGraphMode.NONE: 0>}",
      [],
    ],
    ['[2026-01-01 00:00:00] Capture cuda graph bs [1, 2, 4, 8, 12, 16]', [1, 2, 4, 8, 12, 16]],
    ['INFO nothing of graphs', null],
  ])('says the sizes of CUDA graphs: %s', (line, sizes) => {
    expect(read(line).graph_sizes).toEqual(sizes);
  });

  test.each([
    [
      "INFO Initializing a V1 LLM engine (v0.32.0) with config: model='m', speculative_config=SpeculativeConfig(method='ngram', model=None, num_spec_tokens=3), tokenizer='m', dtype=torch.bfloat16",
      { method: 'ngram', model: null, draft_tokens: 3 },
    ],
    [
      "INFO Initializing a V1 LLM engine (v0.32.0) with config: model='m', speculative_config=SpeculativeConfig(method='eagle3', model='lab/eagle-head', num_spec_tokens=5), tokenizer='m'",
      { method: 'eagle3', model: 'lab/eagle-head', draft_tokens: 5 },
    ],
    [
      "INFO Initializing a V1 LLM engine (v0.32.0) with config: model='m', speculative_config=None, tokenizer='m'",
      null,
    ],
  ])('says how vLLM proposes tokens: %s', (line, proposer) => {
    expect(read(line).proposer).toEqual(proposer);
  });

  test('of Gaudi says its buckets, and counts shapes outside them', () => {
    const facts = read(
      'INFO 01-01 00:00:00 Generated 3 prompt buckets [bs, query, num_blocks]: [(1, 128, 0), (2, 128, 0), (1, 256, 8)]',
      'INFO 01-01 00:00:00 Generated 2 decode buckets [bs, query, num_blocks]: [(1, 1, 16), (4, 1, 64)]',
      'WARNING Configuration: (prompt, 1, 36864) was not warmed-up!',
      'WARNING Configuration: (decode, 5, 128) was not warmed-up!',
    );
    expect(facts.prompt_buckets).toEqual([
      [1, 128, 0],
      [2, 128, 0],
      [1, 256, 8],
    ]);
    expect(facts.decode_buckets).toHaveLength(2);
    expect(facts.not_warmed_up).toBe(2);
  });

  test('of SGLang says its sizes in one line', () => {
    const line =
      'max_total_num_tokens=462000, chunked_prefill_size=8192, max_prefill_tokens=16384, max_running_requests=2048, context_len=131072';
    expect(read(line)).toMatchObject({
      engine: 'sglang',
      kv_capacity_tokens: 462_000,
      max_num_batched_tokens: 8192,
      max_num_seqs: 2048,
    });
  });
});

test('the last words of a server are those that say why, without what stands before them', () => {
  const words = new LastWords();
  expect(words.line).toBeNull();
  for (const line of [
    '(EngineCore pid=9) ERROR 11-26 21:46:40 [core.py:900] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB',
    '(APIServer pid=1) \u001b[31mRuntimeError: Engine core initialization failed. See root cause above.\u001b[0m',
    '[W1126 21:47:01] Warning: leaked semaphore',
  ]) {
    words.read(line);
  }
  expect(words.line).toBe('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB');
  expect(words.last).toBe('[W1126 21:47:01] Warning: leaked semaphore');
});

test('a secret is blotted out wherever it stands; an empty one changes nothing', () => {
  expect(redacted('key=abc abcabc', ['abc', ''])).toBe('key=*** ******');
});
