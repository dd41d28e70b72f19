import { NULL_MODEL } from './options.ts';

/** What the stream's form depends on, from the request's body. */
export interface AskedStream {
  readonly tokens: number;
  readonly promptTokens: number;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
}

const DEFAULT_TOKENS = 16;

/** Reads the body of a completion request; null where it asks for no stream. Throws on what is not JSON. */
export function askedStream(body: string): AskedStream | null {
  const json = JSON.parse(body) as Record<string, unknown>;
  if (json.stream !== true) return null;
  const { prompt, messages, max_tokens, max_completion_tokens } = json;
  const options = (json.stream_options ?? {}) as Record<string, unknown>;
  return {
    tokens: Number(max_tokens ?? max_completion_tokens ?? DEFAULT_TOKENS),
    promptTokens: Array.isArray(prompt) ? prompt.length : String(prompt ?? JSON.stringify(messages)).length,
    includeUsage: options.include_usage === true,
    continuousUsage: options.continuous_usage_stats === true,
  };
}

export const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\nserver: null\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n';

const chunked = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;
const CHOICE_TAIL = ',"stop_reason":null,"prompt_token_ids":null,"token_ids":null}]';

/** The bytes (all ASCII) of one answer, field by field as vLLM serialises them; one HTTP chunk an event. */
export class AnswerText {
  readonly #asked: AskedStream;
  readonly #object: string;
  readonly #middle: string;

  constructor(id: string, chat: boolean, asked: AskedStream) {
    this.#asked = asked;
    const [prefix, kind] = chat ? ['chatcmpl', 'chat.completion.chunk'] : ['cmpl', 'text_completion'];
    const created = Math.floor(Date.now() / 1000);
    this.#object = `data: {"id":"${prefix}-${id}","object":"${kind}","created":${created},"model":"${NULL_MODEL}","choices":[`;
    const text = chat ? '"delta":{"content":" a"}' : '"text":" a"';
    this.#middle = `${this.#object}{"index":0,${text},"logprobs":null,"finish_reason":`;
  }

  /** The event of the `number`-th token, from 1. */
  token(number: number): string {
    const { tokens, continuousUsage } = this.#asked;
    const reason = number === tokens ? '"length"' : 'null';
    const usage = continuousUsage ? `,"usage":${this.#usage(number)}` : '';
    return chunked(`${this.#middle}${reason}${CHOICE_TAIL}${usage}}\n\n`);
  }

  /** All that follows the last token. */
  end(): string {
    const { tokens, includeUsage } = this.#asked;
    const usage = includeUsage ? chunked(`${this.#object}],"usage":${this.#usage(tokens)}}\n\n`) : '';
    return `${usage}${chunked('data: [DONE]\n\n')}0\r\n\r\n`;
  }

  #usage(completed: number): string {
    const { promptTokens } = this.#asked;
    return `{"prompt_tokens":${promptTokens},"total_tokens":${promptTokens + completed},"completion_tokens":${completed}}`;
  }
}

/** A whole JSON answer. */
export function jsonAnswer(status: string, body: unknown): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
