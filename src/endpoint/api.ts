/** Which of the two OpenAI-style interfaces carries the load. */
export type Api = 'completions' | 'chat';

export const pathOf = (api: Api): string => (api === 'chat' ? '/v1/chat/completions' : '/v1/completions');

/** A prompt as a field of a request's body: ids or text, or the only message of a chat. */
export function promptField(api: Api, prompt: readonly number[] | string): string {
  if (api === 'chat') return `"messages":${JSON.stringify([{ role: 'user', content: prompt }])}`;
  // Joined by hand: for a long prompt several times faster than serialising an array, and this is the turn-around.
  return `"prompt":${typeof prompt === 'string' ? JSON.stringify(prompt) : `[${prompt.join(',')}]`}`;
}
