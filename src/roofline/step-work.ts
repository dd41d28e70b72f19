import type { ModelCard } from '../model/card.ts';
import { attentionFlopPerPair, kvBytesPerTokenPerLayer } from '../model/quantities.ts';
import { meanPadded, type Padding, paddedSize } from './padding.ts';
import type { Speculation } from './speculation.ts';

/** A piece of a prompt computed in one step. */
export interface PrefillChunk {
  readonly tokens: number;
  /** Tokens of the same prompt that are in the KV cache already. */
  readonly context: number;
  /** True when the prompt ends in this step, which then samples its first token. */
  readonly completes: boolean;
}

/** What one engine step computes. */
export interface StepLoad {
  readonly prefills: readonly PrefillChunk[];
  readonly decodes: number;
  /** Mean KV length of the decoding sequences, tokens. */
  readonly decodeContext: number;
  /** Of a step that stands for many: how far their KV tokens in all lie to either side of the mean; absent: it is one step. */
  readonly kvTokensBeside?: number;
}

/** What a step costs, free of any device: all that its time depends on for one model and tensor parallel size. */
export interface StepWork {
  /** Rows of its GEMMs: tokens, padded where the server does. */
  readonly tokens: number;
  /** Sequences that sample a token: decodes and prompts that end in this step. */
  readonly sampled: number;
  readonly sequences: number;
  /** Attention FLOP, and KV bytes read and written, over all devices and before sharding. */
  readonly attentionFlop: number;
  readonly attentionBytes: number;
}

/** What a decode or a chunk of a prompt adds to a step's work: rows of GEMMs, and attention of one model by token. */
export class AttentionWork {
  readonly #kvLayer: number;
  readonly #prefillFlop: number;
  readonly #decodeFlop: number;
  readonly #layers: number;
  /** Tokens that a decoding sequence has computed in a step: one, and those that speculation proposed. */
  readonly decodeTokens: number;
  /** Layers by how far they look back, as two columns. */
  readonly #counts: readonly number[];
  readonly #windows: readonly number[];
  /** CUDA graphs pad all rows of a step together, static shapes each axis on its own. */
  readonly #graphs: readonly number[] | null;
  readonly #shapes: Padding | null;
  /** Attention of the model that proposes tokens; null: nothing is known of one. */
  readonly #draft: AttentionWork | null;
  readonly #proposed: number;

  constructor(card: ModelCard, speculation?: Speculation, padding?: Padding) {
    this.#graphs = padding && padding.query === null ? padding.batch : null;
    this.#shapes = padding && padding.query !== null ? padding : null;
    this.#proposed = speculation?.draftTokens ?? 0;
    this.#draft = card.draft && speculation ? new AttentionWork(card.draft) : null;
    this.decodeTokens = 1 + this.#proposed;
    this.#kvLayer = kvBytesPerTokenPerLayer(card);
    this.#prefillFlop = attentionFlopPerPair(card, 'prefill');
    this.#decodeFlop = attentionFlopPerPair(card, 'decode');
    this.#layers = card.layers;
    const windows = layerWindows(card);
    this.#counts = windows.map(([layers]) => layers);
    this.#windows = windows.map(([, window]) => window);
  }

  /** Whether each piece of a prompt is padded on its own. */
  get padsPrompts(): boolean {
    return this.#shapes !== null;
  }

  /** Rows of `decodes` decoding sequences, before those of the whole step are padded. */
  decodeRows(decodes: number): number {
    return this.decodeTokens * (this.#shapes === null ? decodes : paddedSize(this.#shapes.batch, decodes));
  }

  /** Rows of a piece of a prompt, likewise. */
  chunkRows(tokens: number): number {
    return this.#shapes === null ? tokens : paddedSize(this.#shapes.query, tokens);
  }

  /** Rows of a step from the sum of those of its decodes and prompts. */
  stepRows(rows: number): number {
    return this.#graphs === null ? rows : paddedSize(this.#graphs, rows);
  }

  /**
   * FLOP of `decodes` sequences at a mean KV length.
   * @param beside of many steps: how far their KV tokens in all lie to either side of the mean, evenly
   */
  decodeFlop(decodes: number, context: number, beside = 0): number {
    const read = this.#readContext(decodes, context, beside);
    // Its first pass computes what is verified, the others a token each.
    const proposing = this.#draft === null ? 0 : 2 * this.#proposed * this.#draft.decodeFlop(decodes, read);
    return proposing + this.#decodeFlop * this.decodeTokens * decodes * this.#seen(read);
  }

  /** KV bytes that `decodes` sequences read and write at a mean KV length. */
  decodeBytes(decodes: number, context: number, beside = 0): number {
    const read = this.#readContext(decodes, context, beside);
    const proposing = this.#draft === null ? 0 : this.#proposed * this.#draft.decodeBytes(decodes, read);
    return proposing + this.#kvLayer * decodes * (this.#seen(read) + this.decodeTokens * this.#layers);
  }

  /** Mean KV length as it is read: all blocks together are padded. */
  #readContext(decodes: number, context: number, beside: number): number {
    if (this.#shapes === null || this.#shapes.kv_blocks === null || decodes <= 0) return context;
    const { kv_blocks, block_size } = this.#shapes;
    const tokens = decodes * context;
    const width = Math.min(beside, tokens);
    const blocks = meanPadded(kv_blocks, (tokens - width) / block_size, (tokens + width) / block_size);
    return (blocks * block_size) / decodes;
  }

  /** What a piece of a prompt finds in the KV cache, as it is read: whole blocks, padded. */
  #chunkContext(context: number): number {
    const { context_blocks = null, block_size = 1 } = this.#shapes ?? {};
    if (context_blocks === null) return context;
    return block_size * paddedSize(context_blocks, Math.ceil(context / block_size));
  }

  chunkFlop(chunk: number, done: number): number {
    const [tokens, context] = [this.chunkRows(chunk), this.#chunkContext(done)];
    let pairs = 0;
    for (let i = 0; i < this.#counts.length; i += 1) {
      pairs += this.#counts[i]! * chunkPairs(tokens, context, this.#windows[i]!);
    }
    return this.#prefillFlop * pairs + (this.#draft?.chunkFlop(tokens, context) ?? 0);
  }

  /** As `chunkFlop`, of a server that counts every token of a chunk against all that its last one sees. */
  fullFlop(tokens: number, end: number): number {
    return Math.max(this.#prefillFlop, this.#decodeFlop) * tokens * this.#seen(end);
  }

  /** KV bytes of a chunk: what it reads of its own context, once, and what it writes. */
  chunkBytes(chunk: number, done: number): number {
    const [tokens, context] = [this.chunkRows(chunk), this.#chunkContext(done)];
    const own = this.#kvLayer * (this.#seen(context) + tokens * this.#layers);
    return own + (this.#draft?.chunkBytes(tokens, context) ?? 0);
  }

  /** Tokens of context over all layers, capped by each layer's window. */
  #seen(context: number): number {
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i += 1) {
      seen += this.#counts[i]! * Math.min(context, this.#windows[i]!);
    }
    return seen;
  }
}

/** (query, key) pairs of a chunk in a layer that sees at most `window` tokens back. */
function chunkPairs(tokens: number, context: number, window: number): number {
  const end = context + tokens;
  const growingEnd = Math.min(end, window);
  const growing = growingEnd > context ? ((growingEnd + context) / 2) * (growingEnd - context) : 0;
  const capped = end > window ? (end - Math.max(context, window)) * window : 0;
  return growing + capped;
}

/** Layers of the model by how far they look back: [layers, window in tokens]. */
function layerWindows(card: ModelCard): readonly (readonly [number, number])[] {
  const { attention } = card;
  if (attention.kind === 'mla' || attention.windowed_layers === 0 || attention.window_tokens === null) {
    return [[card.layers, Number.POSITIVE_INFINITY]];
  }
  return [
    [card.layers - attention.windowed_layers, Number.POSITIVE_INFINITY],
    [attention.windowed_layers, attention.window_tokens],
  ];
}

/** The work of a step. */
export function stepWork(attention: AttentionWork, load: StepLoad): StepWork {
  const { decodes, decodeContext, kvTokensBeside, prefills } = load;
  let rows = attention.decodeRows(decodes);
  let sampled = rows;
  let attentionFlop = decodes > 0 ? attention.decodeFlop(decodes, decodeContext, kvTokensBeside) : 0;
  let attentionBytes = decodes > 0 ? attention.decodeBytes(decodes, decodeContext, kvTokensBeside) : 0;
  for (const chunk of prefills) {
    rows += attention.chunkRows(chunk.tokens);
    if (chunk.completes) sampled += 1;
    attentionFlop += attention.chunkFlop(chunk.tokens, chunk.context);
    attentionBytes += attention.chunkBytes(chunk.tokens, chunk.context);
  }
  const tokens = attention.stepRows(rows);
  return { tokens, sampled, sequences: decodes + prefills.length, attentionFlop, attentionBytes };
}
