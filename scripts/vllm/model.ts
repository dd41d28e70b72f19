import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `tiny`: 3 M parameters, overheads only. `small`: 142 M parameters, a decode step is bound by memory. */
export type ModelSize = 'tiny' | 'small';

const SHAPES = {
  tiny: {
    hidden_size: 256,
    intermediate_size: 768,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 4096,
  },
  small: {
    hidden_size: 1024,
    intermediate_size: 2816,
    num_hidden_layers: 12,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    vocab_size: 8192,
  },
} as const;

/** A Llama's `config.json`; the weights are drawn by the server. */
export const modelConfig = (size: ModelSize) => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  torch_dtype: 'bfloat16',
  head_dim: 64,
  hidden_act: 'silu',
  max_position_embeddings: 32768,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  bos_token_id: 256,
  eos_token_id: 257,
  ...SHAPES[size],
});

/** The 256 printable stand-ins for bytes that byte-level tokenisers use: a byte that prints stands for itself, others move up from 256. */
export function byteAlphabet(): string[] {
  const prints = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : next++));
}

/** A `tokenizer.json` without merges: one token a byte, then <bos> and <eos>. Ids above decode to nothing, as on real servers with padded vocabularies. */
export function byteLevelTokenizer() {
  const special = (content: string, id: number) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special('<bos>', 256), special('<eos>', 257)],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(byteAlphabet().map((character, id) => [character, id])),
      merges: [],
    },
  };
}

const tokenizerConfig = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  bos_token: '<bos>',
  eos_token: '<eos>',
  model_max_length: 32768,
  chat_template: "{% for message in messages %}{{ message['content'] }}{% endfor %}",
};

/** Writes the model's folder below `parent` and returns its path. */
export async function writeModel(parent: string, size: ModelSize): Promise<string> {
  const folder = join(parent, size);
  await mkdir(folder, { recursive: true });
  const files = {
    'config.json': modelConfig(size),
    'tokenizer.json': byteLevelTokenizer(),
    'tokenizer_config.json': tokenizerConfig,
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
  }
  return folder;
}
