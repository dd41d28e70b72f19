import { createRandom } from '../random.ts';
import type { CompletionRequest } from './completion-request.ts';

/** Chance that a token ends the text, where nothing forbids it. */
const END_OF_TEXT = 1 / 200;

/** What a request will generate: how many tokens, and why it ends. */
export function drawOutput(
  request: CompletionRequest,
  seed: number,
  order: number,
): { readonly tokens: number; readonly finishReason: 'length' | 'stop' } {
  const { maxTokens, minTokens, ignoreEos } = request;
  if (ignoreEos || minTokens >= maxTokens) return { tokens: maxTokens, finishReason: 'length' };
  const free = Math.ceil(
    Math.log(1 - createRandom(seed, 5000 + order).uniform()) / Math.log(1 - END_OF_TEXT),
  );
  const tokens = Math.max(1, minTokens + free);
  return tokens < maxTokens
    ? { tokens, finishReason: 'stop' }
    : { tokens: maxTokens, finishReason: 'length' };
}

/** Id of the token at `index` of a request's output: any id of the vocabulary, the same each time. */
export function outputTokenId(order: number, index: number, vocabulary: number): number {
  let bits = Math.imul(order + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0xc2b2ae35);
  return ((bits ^ (bits >>> 13)) >>> 0) % vocabulary;
}

/** Text of a token; about one in forty has none by itself, as parts of multi-byte characters do. */
export const tokenText = (id: number): string => (id % 41 === 0 ? '' : ` ${id.toString(36)}`);
