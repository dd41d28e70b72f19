import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { RequestFailure, RequestTimeline, TokenUsage } from '../measure/timeline.ts';
import { type Chunk, readChunk } from './completion-chunk.ts';
import { PlainChunks } from './plain-chunk.ts';
import type { Stamp } from './stamp-clock.ts';

/** Longest event that is held while it is incomplete, characters. */
const LONGEST_EVENT = 4 * 1024 * 1024;

export interface StreamFailure {
  readonly kind: RequestFailure;
  readonly message: string;
}

/** What a stream came to, once it has ended. */
export type StreamEnd = { readonly finishReason: string } | { readonly failure: StreamFailure };

/**
 * One answer as it arrives: bytes with their stamps go in, token-bearing chunks come out in columns. Which chunk bears
 * tokens is decided by cumulative usage or token ids where the server sends them, else by the text.
 */
export class TokenStream {
  readonly #at: number[] = [];
  readonly #tokens: number[] = [];
  readonly #bound: number[] = [];
  readonly #plain = new PlainChunks();
  /** Made when the first event comes that is not plain: mostly the last, so that few live long enough to be collected late. */
  #any: { readonly decoder: InstanceType<typeof TextDecoder>; readonly parser: EventSourceParser } | null =
    null;
  /** Whether the parser holds no part of an event. */
  #betweenEvents = true;
  #stamp: Stamp = { at_s: 0, bound_s: 0 };
  #firstChoices: number | null = null;
  #usage: TokenUsage | null = null;
  #counted = 0;
  #assumed = false;
  #finishReason: string | null = null;
  #failure: StreamFailure | null = null;

  /** Takes bytes as latin-1 text, cut anywhere. */
  feed(text: string, stamp: Stamp): void {
    // A parser that overflowed takes nothing more.
    if (this.#failure?.kind === 'protocol') return;
    this.#stamp = stamp;
    let at = 0;
    while (this.#betweenEvents && at < text.length) {
      const plain = this.#plain.at(text, at);
      if (plain === null) break;
      this.#chunk(plain);
      at = this.#plain.end;
    }
    if (at < text.length) this.#feedAny(at === 0 ? text : text.slice(at));
  }

  #feedAny(text: string): void {
    this.#any ??= { decoder: new TextDecoder(), parser: this.#newParser() };
    const { decoder, parser } = this.#any;
    parser.feed(decoder.decode(Buffer.from(text, 'latin1'), { stream: true }));
    // A blank line ends an event, and with it whatever the parser held back.
    this.#betweenEvents = text.endsWith('\n\n');
  }

  #newParser(): EventSourceParser {
    return createParser({
      onEvent: (event) => this.#event(event.data),
      maxBufferSize: LONGEST_EVENT,
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded')
          this.#fail('protocol', `an event over ${LONGEST_EVENT} characters`);
      },
    });
  }

  /** Call it when the response has ended as HTTP means it. */
  end(): StreamEnd {
    if (this.#failure !== null) return { failure: this.#failure };
    if (this.#finishReason === null) return truncated('the stream ended without a finish reason');
    if (this.#usage === null) return truncated('the stream ended without token usage');
    if (this.#finishReason === 'error' || this.#finishReason === 'abort') {
      return { failure: { kind: 'stream_error', message: `finish reason '${this.#finishReason}'` } };
    }
    return { finishReason: this.#finishReason };
  }

  /** An error event that came before the connection broke says more than the break. */
  get failure(): StreamFailure | null {
    return this.#failure;
  }

  /** Whether a token has come. */
  get hasTokens(): boolean {
    return this.#at.length > 0;
  }

  columns(): Pick<RequestTimeline, 'chunks' | 'usage' | 'tokens_counted_by' | 'first_choices_s'> {
    return {
      chunks: { at_s: this.#at, tokens: this.#tokens, bound_s: this.#bound },
      usage: this.#usage,
      tokens_counted_by: this.#assumed ? 'chunks' : 'server',
      first_choices_s: this.#firstChoices,
    };
  }

  #event(data: string): void {
    if (data === '[DONE]') return;
    let json: unknown;
    try {
      json = JSON.parse(data);
    } catch {
      this.#fail('protocol', `an event that is not JSON: ${data.slice(0, 80)}`);
      return;
    }
    const chunk = readChunk(json);
    if (chunk.kind === 'error') this.#fail('stream_error', chunk.message);
    else this.#chunk(chunk);
  }

  #chunk(chunk: Chunk): void {
    if (chunk.hasChoices) {
      this.#firstChoices ??= this.#stamp.at_s;
      this.#finishReason = chunk.finishReason ?? this.#finishReason;
      const tokens = this.#tokensOf(chunk);
      if (tokens > 0) {
        this.#at.push(this.#stamp.at_s);
        this.#tokens.push(tokens);
        this.#bound.push(this.#stamp.bound_s);
        this.#counted += tokens;
      }
    }
    this.#usage = chunk.usage ?? this.#usage;
  }

  #tokensOf(chunk: Chunk): number {
    if (chunk.usage !== null) return Math.max(0, chunk.usage.completion_tokens - this.#counted);
    if (chunk.tokenIds !== null) return chunk.tokenIds;
    // Empty text may be a token (a special one, half a character), but not where it only carries the finish reason.
    const bears = chunk.hasContent || (!chunk.roleOnly && chunk.finishReason === null);
    if (bears) this.#assumed = true;
    return bears ? 1 : 0;
  }

  #fail(kind: RequestFailure, message: string): void {
    this.#failure ??= { kind, message };
  }
}

const truncated = (message: string): StreamEnd => ({ failure: { kind: 'truncated', message } });
