import type { Chunk } from './completion-chunk.ts';

const PLAIN = String.raw`[^"\\\x00-\x1f]*`;
/** A JSON string without its quotes. */
const TEXT = String.raw`${PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})${PLAIN})*`;
const COUNT = String.raw`(?:0|[1-9]\d{0,14})`;
const REST = String.raw`,"logprobs":null,"finish_reason":null(?:,"stop_reason":null)?(?:,"prompt_token_ids":null)?(?:,"token_ids":null)?\}\]`;

/**
 * One whole event with one choice that is not the last, exactly as vLLM serialises it. Its groups: all before the text,
 * the text, all between the text and the counts, prompt tokens, total and completion tokens.
 */
const eventOf = (object: string, open: string, close: string): RegExp =>
  new RegExp(
    String.raw`(data: \{"id":"${PLAIN}","object":"${object}","created":${COUNT},"model":"${PLAIN}","choices":\[\{"index":0,${open}")` +
      String.raw`(${TEXT})("${close}${REST}(?:,"usage":\{"prompt_tokens":(${COUNT}),"total_tokens":)?)` +
      String.raw`(?:(?<=:)(${COUNT}),"completion_tokens":(${COUNT})\})?\}\n\n`,
    'y',
  );
const COMPLETION = eventOf('text_completion', '"text":', '');
const CHAT = eventOf(String.raw`chat\.completion\.chunk`, String.raw`"delta":\{"content":`, String.raw`\}`);

const COMPLETED = ',"completion_tokens":';
const END = '}\n\n';
const QUOTE = 34;
const BACKSLASH = 92;

/** What all plain events of one stream have in common. */
interface Frame {
  readonly before: string;
  readonly between: string;
  readonly isChat: boolean;
  /** Null where events carry no usage. */
  readonly promptTokens: number | null;
}

/**
 * Reads events of one stream without parsing their JSON, where they have the shape that nearly all have. The first is
 * matched against vLLM's exact shape; the next ones only have to repeat it around their text and their counts. The
 * result is what `readChunk` gives.
 */
export class PlainChunks {
  #frame: Frame | null = null;
  /** Where the last event that was read ends. */
  end = 0;

  /** The event that begins at `at` of latin-1 text; null where it is not plain, or not whole. */
  at(text: string, at: number): Chunk | null {
    return (this.#frame === null ? null : this.#repeated(this.#frame, text, at)) ?? this.#matched(text, at);
  }

  #matched(text: string, at: number): Chunk | null {
    const isChat = text.startsWith('"chat', text.indexOf(',"object":', at) + 10);
    const pattern = isChat ? CHAT : COMPLETION;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    const [, before = '', content = '', between = '', prompt, total, completed] = match;
    // Half a usage is no usage that vLLM sends.
    if ((prompt === undefined) !== (total === undefined)) return null;
    this.#frame = { before, between, isChat, promptTokens: prompt === undefined ? null : Number(prompt) };
    this.end = pattern.lastIndex;
    return chunkOf(this.#frame, content.length, Number(completed));
  }

  #repeated(frame: Frame, text: string, at: number): Chunk | null {
    if (!stands(text, at, frame.before)) return null;
    const begin = at + frame.before.length;
    const quote = plainTextEnd(text, begin);
    if (!stands(text, quote, frame.between)) return null;
    let next = quote + frame.between.length;
    let completed = 0;
    if (frame.promptTokens !== null) {
      const total = digitsEnd(text, next);
      if (total === next || !stands(text, total, COMPLETED)) return null;
      const count = total + COMPLETED.length;
      next = digitsEnd(text, count);
      if (next === count || text[next] !== '}') return null;
      completed = Number(text.slice(count, next));
      next += 1;
    }
    if (!stands(text, next, END)) return null;
    this.end = next + END.length;
    return chunkOf(frame, quote - begin, completed);
  }
}

const chunkOf = ({ isChat, promptTokens }: Frame, characters: number, completed: number): Chunk => ({
  kind: 'chunk',
  hasChoices: true,
  tokenIds: null,
  hasContent: characters > 0,
  roleOnly: isChat && characters === 0,
  finishReason: null,
  usage:
    promptTokens === null
      ? null
      : { prompt_tokens: promptTokens, completion_tokens: completed, cached_tokens: null },
});

/** Whether `part` stands at `at`: equality of slices compares words, where `startsWith` goes character by character. */
const stands = (text: string, at: number, part: string): boolean => text.slice(at, at + part.length) === part;

/** Where a string without escapes ends; where it has some, there is no quote. */
function plainTextEnd(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE || code === BACKSLASH || code < 32) break;
  }
  return at;
}

/** Where a number without leading zeros and of at most 15 digits ends; `at` where there is none. */
function digitsEnd(text: string, at: number): number {
  let end = at;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code < 48 || code > 57) break;
  }
  const isCount = end - at <= 15 && (end - at === 1 || text[at] !== '0');
  return isCount ? end : at;
}
