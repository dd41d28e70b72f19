import type { TokenUsage } from '../measure/timeline.ts';

/** What one data object of a completion stream says. */
export type CompletionChunk =
  | { readonly kind: 'error'; readonly message: string }
  | {
      readonly kind: 'chunk';
      readonly hasChoices: boolean;
      /** Tokens of this chunk by its ids; null when it carries none. */
      readonly tokenIds: number | null;
      /** Whether text, reasoning or a tool call came with it. */
      readonly hasContent: boolean;
      /** Whether it only opens the answer (a chat role). */
      readonly roleOnly: boolean;
      readonly finishReason: string | null;
      /** Cumulative. */
      readonly usage: TokenUsage | null;
    };

export type Chunk = Extract<CompletionChunk, { kind: 'chunk' }>;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;

/**
 * Reads one data object of a stream, of `/v1/completions` or `/v1/chat/completions`, by what vLLM sends. An error object,
 * or one without `choices` (an engine that died), is an error though the status was 200.
 */
export function readChunk(data: unknown): CompletionChunk {
  if (!isObject(data)) return { kind: 'error', message: 'a data object is not a JSON object' };
  const error = errorMessage(data);
  if (error !== null) return { kind: 'error', message: error };
  if (!Array.isArray(data.choices)) return { kind: 'error', message: 'a data object without choices' };
  const choice: unknown = data.choices[0];
  return {
    kind: 'chunk',
    hasChoices: choice !== undefined,
    usage: readUsage(data.usage),
    ...readChoice(choice),
  };
}

function readChoice(choice: unknown) {
  if (!isObject(choice)) return { tokenIds: null, hasContent: false, roleOnly: true, finishReason: null };
  const delta = isObject(choice.delta) ? choice.delta : null;
  const text = delta === null ? [choice.text] : [delta.content, delta.reasoning, delta.reasoning_content];
  const toolCalls = Array.isArray(delta?.tool_calls) && delta.tool_calls.length > 0;
  const hasContent = toolCalls || text.some((part) => typeof part === 'string' && part !== '');
  return {
    tokenIds: Array.isArray(choice.token_ids) ? choice.token_ids.length : null,
    hasContent,
    roleOnly: delta !== null && !hasContent,
    finishReason: typeof choice.finish_reason === 'string' ? choice.finish_reason : null,
  };
}

function readUsage(usage: unknown): TokenUsage | null {
  if (!isObject(usage)) return null;
  const prompt = count(usage.prompt_tokens);
  const completion = count(usage.completion_tokens);
  if (prompt === null || completion === null) return null;
  const details = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    cached_tokens: count(details.cached_tokens),
  };
}

/** Message of an error object: `{"error": {"message"}}`, or flat with `"object": "error"` as older versions send it. */
export function errorMessage(data: unknown): string | null {
  if (!isObject(data)) return null;
  if (isObject(data.error)) return String(data.error.message ?? data.error.type ?? 'error without a message');
  if (typeof data.error === 'string') return data.error;
  return data.object === 'error' ? String(data.message ?? 'error without a message') : null;
}
