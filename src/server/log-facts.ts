import type { LogFacts } from '../run/served-schema.ts';

const NOTHING: LogFacts = {
  engine: null,
  version: null,
  dtype: null,
  quantization: null,
  kv_cache_dtype: null,
  tensor_parallel: null,
  max_num_batched_tokens: null,
  max_num_seqs: null,
  kv_capacity_tokens: null,
  block_size: null,
  prompt_buckets: null,
  decode_buckets: null,
  graph_sizes: null,
  proposer: null,
  not_warmed_up: 0,
};

type Found = Partial<LogFacts>;
type Match = readonly (string | undefined)[];

const whole = (text: string | undefined): number | null =>
  text === undefined || !/^[\d,]+$/.test(text) ? null : Number(text.replaceAll(',', ''));
const word = (text: string | undefined): string | null =>
  text === undefined || text === 'None' ? null : text.replace(/^torch\./, '');

/** `[(1, 128, 0), (2, 128, 0)]` as lists of numbers: all of them, since a list that is cut would lack its largest sizes. */
const buckets = (text: string | undefined): number[][] =>
  [...(text ?? '').matchAll(/\(([\d,\s]+)\)/g)].map(([, numbers]) =>
    numbers!
      .split(',')
      .filter((one) => one.trim() !== '')
      .map(Number),
  );

const sizes = (text: string | undefined): number[] =>
  (text ?? '')
    .split(',')
    .filter((one) => one.trim() !== '')
    .map(Number)
    .toSorted((a, b) => a - b);

/**
 * One pattern a kind of line. vLLM prints its configuration as `key=value`, the arguments it was given as `'key': value`;
 * SGLang one line of both. Only keys that a line holds are taken from it.
 */
const LINES: readonly (readonly [pattern: RegExp, found: (match: Match) => Found])[] = [
  [/vLLM API server version (\S+)/, ([, version]) => ({ engine: 'vllm', version: word(version) })],
  [/^\W*█.*\bversion (\d\S*)$/, ([, version]) => ({ engine: 'vllm', version: word(version) })],
  [/LLM engine \(v([^)]+)\) with config/, ([, version]) => ({ engine: 'vllm', version: word(version) })],
  [/LLM engine .*with config.*[ ,]dtype=([\w.]+)/, ([, dtype]) => ({ dtype: word(dtype) })],
  [/LLM engine .*with config.*[ ,]quantization=([\w-]+)/, ([, name]) => ({ quantization: word(name) })],
  [/LLM engine .*with config.*[ ,]kv_cache_dtype=([\w.]+)/, ([, name]) => ({ kv_cache_dtype: word(name) })],
  [/LLM engine .*\btensor_parallel_size=(\d+)/, ([, size]) => ({ tensor_parallel: whole(size) })],
  [
    /LLM engine .*with config.*\bspeculative_config=SpeculativeConfig\(method='?([\w-]+)'?, model=(?:None|'([^']+)'), num_spec_tokens=(\d+)\)/,
    ([, method, model, tokens]) => ({
      proposer: { method: word(method), model: model ?? null, draft_tokens: whole(tokens) },
    }),
  ],
  [/non-default args.*'max_num_batched_tokens': (\d+)/, ([, n]) => ({ max_num_batched_tokens: whole(n) })],
  [/non-default args.*'max_num_seqs': (\d+)/, ([, n]) => ({ max_num_seqs: whole(n) })],
  [/non-default args.*'block_size': (\d+)/, ([, n]) => ({ block_size: whole(n) })],
  [/\bmax_num_batched_tokens=(\d+)/, ([, n]) => ({ max_num_batched_tokens: whole(n) })],
  [/\bmax_num_seqs=(\d+)/, ([, n]) => ({ max_num_seqs: whole(n) })],
  [/\bKV cache size: ([\d,]+) tokens/, ([, n]) => ({ kv_capacity_tokens: whole(n) })],
  [
    /\bmax_total_num_tokens=(\d+).*\bmax_running_requests=(\d+)/,
    ([, tokens, running]) => ({
      engine: 'sglang',
      kv_capacity_tokens: whole(tokens),
      max_num_seqs: whole(running),
    }),
  ],
  [
    /\bmax_total_num_tokens=.*\bchunked_prefill_size=(\d+)/,
    ([, n]) => ({ max_num_batched_tokens: whole(n) }),
  ],
  [/['"]cudagraph_capture_sizes['"]: ?\[([\d, ]*)\]/, ([, list]) => ({ graph_sizes: sizes(list) })],
  [/Capture cuda graph bs \[([\d, ]*)\]/, ([, list]) => ({ graph_sizes: sizes(list) })],
  [/LLM engine .*with config.*\benforce_eager=True/, () => ({ graph_sizes: [] })],
  [/['"]cudagraph_mode['"]: ?(?:<CUDAGraphMode\.NONE\b|['"]?NONE\b|0\b)/, () => ({ graph_sizes: [] })],
  [/Generated \d+ prompt buckets [^:]*: (\[.*)/, ([, list]) => ({ prompt_buckets: buckets(list) })],
  [/Generated \d+ decode buckets [^:]*: (\[.*)/, ([, list]) => ({ decode_buckets: buckets(list) })],
];

/** Reads a server's log line by line for what its endpoint does not say. Lines that say nothing are passed over. */
export class LogReader {
  #facts: LogFacts = NOTHING;

  /** What was read so far. */
  get facts(): LogFacts {
    return this.#facts;
  }

  read(line: string): void {
    for (const [pattern, found] of LINES) {
      const match = pattern.exec(line);
      if (match) this.#facts = { ...this.#facts, ...known(found(match)) };
    }
    if (/was not warmed-up/.test(line)) {
      this.#facts = { ...this.#facts, not_warmed_up: this.#facts.not_warmed_up + 1 };
    }
  }
}

const known = (found: Found): Found =>
  Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null));
