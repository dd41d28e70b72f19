import type { CompletionRequest } from './completion-request.ts';
import { outputTokenId, tokenText } from './output-tokens.ts';

/** What every object of one completion repeats. */
export interface CompletionHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly chat: boolean;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly total_tokens: number;
  readonly completion_tokens: number;
}

export const usageOf = (promptTokens: number, completionTokens: number): Usage => ({
  prompt_tokens: promptTokens,
  total_tokens: promptTokens + completionTokens,
  completion_tokens: completionTokens,
});

const object = ({ id, created, model, chat }: CompletionHead) => ({
  id,
  object: chat ? 'chat.completion.chunk' : 'text_completion',
  created,
  model,
});

/** One token-bearing chunk of a stream. */
export function chunkJson(
  head: CompletionHead,
  request: CompletionRequest,
  ids: readonly number[],
  first: boolean,
  finishReason: string | null,
  usage: Usage | null,
): object {
  if (request.chat) {
    const delta = { content: ids.map(tokenText).join('') };
    const token_ids = request.returnTokenIds ? ids : null;
    const choice = { index: 0, delta, logprobs: null, finish_reason: finishReason, token_ids };
    return { ...object(head), choices: [choice], ...(usage && { usage }) };
  }
  const choice = {
    index: 0,
    text: ids.map(tokenText).join(''),
    logprobs: null,
    finish_reason: finishReason,
    stop_reason: null,
    prompt_token_ids: request.returnTokenIds && first ? Array.from(request.promptIds) : null,
    token_ids: request.returnTokenIds ? ids : null,
  };
  return { ...object(head), choices: [choice], ...(usage && { usage }) };
}

/** The first chunk of a chat: a role and no token. */
export const roleJson = (head: CompletionHead, usage: Usage | null): object => ({
  ...object(head),
  choices: [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }],
  ...(usage && { usage }),
});

/** The last chunk: usage, no choices. */
export const usageJson = (head: CompletionHead, usage: Usage, cachedTokens: number): object => ({
  ...object(head),
  choices: [],
  usage: { ...usage, prompt_tokens_details: { cached_tokens: cachedTokens } },
});

/** The whole answer of a request that does not stream. */
export function completionJson(
  head: CompletionHead,
  request: CompletionRequest,
  ids: readonly number[],
  finishReason: string,
  usage: Usage,
  cachedTokens: number,
): object {
  const { choices } = chunkJson(head, request, ids, true, finishReason, null) as { choices: unknown };
  return {
    ...object(head),
    choices,
    usage: { ...usage, prompt_tokens_details: { cached_tokens: cachedTokens } },
  };
}

/** Ids of the tokens from `from` to before `to` of a request's output. */
export function idsBetween(order: number, from: number, to: number, vocabulary: number): number[] {
  const ids: number[] = [];
  for (let index = from; index < to; index += 1) ids.push(outputTokenId(order, index, vocabulary));
  return ids;
}
